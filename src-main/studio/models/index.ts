// The user's own ONNX models.
export { ModelShelf } from './model-shelf.ts'
