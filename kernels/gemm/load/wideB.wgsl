// Hands a loader of B whose loads bring eight halves to matrix.wgsl as it is.
fn wideB(k : u32, n : u32) -> vec4u { return loadB(k, n); }
