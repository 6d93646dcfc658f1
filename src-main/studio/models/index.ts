// The user's own ONNX models.
export { ModelShelf, type ModelStatement } from './model-shelf.ts'
