// Part: which rows of a plane a thread keeps in registers, and in which form.
//
// Values stay in registers as they lie in memory: two f16 to a register, half of what they take as f32.
// The workgroup walks down the plane in steps of WORKGROUP_ROWS rows, and a thread has one row of each step. Where
// WORKGROUP_ROWS does not divide the rows, some threads have no row in the last step.
// A row's address is that of the thread's first row plus a constant. Computing each address from its row took gradients
// 15.8 µs instead of 13.5, and 29.3 instead of 25.7 in f32 (28x28x512, 16 images, H200).
// Prelude   alias Raw (vec2u for four f16, else S) with fn opened(raw : Raw) -> V and fn packed(v : V) -> Raw; GROUPS;
//           WORKGROUP_ROWS; REGISTER_ROWS = ⌈ROWS / WORKGROUP_ROWS⌉, rows of a thread; FULL_ROWS = ⌊ROWS /
//           WORKGROUP_ROWS⌋, how many of them every thread has, so that only the last step asks whether there is a row.

/**
 * The address of the thread's row of step k. `first` is that of step 0. Past the end of the plane the result is `last`,
 * the address of the plane's last row.
 */
fn registerRowAt(first : u32, k : u32, last : u32) -> u32 {
  return select(min(first + k * WORKGROUP_ROWS * GROUPS, last), first + k * WORKGROUP_ROWS * GROUPS, k < FULL_ROWS);
}

/** Whether the thread has a row in step k. */
fn hasRow(first : u32, k : u32, last : u32) -> bool {
  return k < FULL_ROWS || first + k * WORKGROUP_ROWS * GROUPS <= last;
}
