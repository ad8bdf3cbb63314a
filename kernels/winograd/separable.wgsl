// Part: applies a linear transform L to both axes of a square:  Y = L X Lᵀ
//
// The loops have constant bounds, so that compilers unroll them and the squares stay in registers.
// Prelude   IN, OUT, fn line(x : array<vec4f, IN>) -> array<vec4f, OUT>, the transform of one axis.
alias Square = array<array<vec4f, IN>, IN>;
alias Transformed = array<array<vec4f, OUT>, OUT>;

fn transform(x : Square) -> Transformed {
  var columns : array<array<vec4f, IN>, OUT>;
  for (var c = 0u; c < IN; c++) {
    var column : array<vec4f, IN>;
    for (var r = 0u; r < IN; r++) {
      column[r] = x[r][c];
    }
    let done = line(column);
    for (var r = 0u; r < OUT; r++) {
      columns[r][c] = done[r];
    }
  }
  var y : Transformed;
  for (var r = 0u; r < OUT; r++) {
    y[r] = line(columns[r]);
  }
  return y;
}
