// Memory handed to the caller and to devices: TLSF blocks, 16-byte aligned, zeroed.

export function alloc(bytes: i32): usize {
  const ptr = heap.alloc(max(bytes, 16))
  memory.fill(ptr, 0, max(bytes, 16))
  return ptr
}

export function free(ptr: usize): void {
  heap.free(ptr)
}
