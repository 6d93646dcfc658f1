// Up to eight coefficients of a device that glide together in straight lines when a parameter changes, and are simply set while the device
// has not sounded yet.

const SLOTS: i32 = 8
export const RAMP_BYTES: i32 = 16 + SLOTS * 8 * 3
const VALUE: usize = 16
const TARGET: usize = VALUE + 64
const STEP: usize = TARGET + 64
const RAMP_FRAMES: i32 = 128

// @ts-ignore: decorator
@unmanaged
export class Ramp {
  left: i32
  isPrimed: bool

  // @ts-ignore: decorator
  @inline
  at(slot: i32): f64 {
    return load<f64>(changetype<usize>(this) + (<usize>slot << 3), VALUE)
  }

  setTarget(slot: i32, value: f64): void {
    store<f64>(changetype<usize>(this) + (<usize>slot << 3), value, TARGET)
  }

  /** After targets were set: starts to glide, or jumps if nothing has sounded since `reset`. */
  start(): void {
    if (!this.isPrimed) {
      this.isPrimed = true
      this.settle()
      return
    }
    this.left = RAMP_FRAMES
    const self = changetype<usize>(this)
    for (let p = self; p < self + 64; p += 8) store<f64>(p, (load<f64>(p, TARGET) - load<f64>(p, VALUE)) / <f64>RAMP_FRAMES, STEP)
  }

  /** One frame on. */
  step(): void {
    this.left--
    if (this.left == 0) {
      this.settle()
      return
    }
    const self = changetype<usize>(this)
    for (let p = self; p < self + 64; p += 8) store<f64>(p, load<f64>(p, VALUE) + load<f64>(p, STEP), VALUE)
  }

  settle(): void {
    const self = changetype<usize>(this)
    this.left = 0
    memory.copy(self + VALUE, self + TARGET, 64)
  }

  reset(): void {
    this.isPrimed = false
    this.left = 0
  }
}
