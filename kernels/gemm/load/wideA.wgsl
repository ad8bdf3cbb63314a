// Hands a loader of A whose loads bring eight halves to matrix.wgsl as it is.
alias WideRow = RowA;
alias WideStep = StepA;
fn wideRow(m : u32) -> WideRow { return rowA(m); }
fn wideStep(k : u32) -> WideStep { return stepA(k); }
fn wideA(row : WideRow, step : WideStep) -> vec4u { return loadA(row, step); }
