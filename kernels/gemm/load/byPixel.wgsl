// A of a convolution's forward pass and input gradient: rows are pixels, k runs over (tap, channel).
alias RowA = Pixel;
alias StepA = Tap;
fn rowA(m : u32) -> RowA { return pixelOf(m); }
fn stepA(k : u32) -> StepA { return tapOf(k); }
fn loadA(row : RowA, step : StepA) -> LoadedA { return sample(row, step); }
