// A of a convolution's weight gradient: rows are (tap, channel), k runs over pixels.
alias RowA = Tap;
alias StepA = Pixel;
fn rowA(m : u32) -> RowA { return tapOf(min(m, M - 1u)); }
fn stepA(k : u32) -> StepA { return pixelOf(k); }
fn loadA(row : RowA, step : StepA) -> LoadedA { return sample(step, row); }
