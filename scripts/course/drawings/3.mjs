/** The drawings of chapter 3. */
import { arrow, box, circle, drawing, label } from './svg.mjs';

/** The graph of x³ = (x · x) · x, and the gradients that flow back through it. */
function graph() {
  const forward = [
    circle(60, 120, 20, 'x', 'a'),
    box(150, 60, 70, 34, 'x · x', 'c'),
    box(300, 103, 84, 34, '(x · x) · x', 'c'),
    arrow(76, 107, 148, 82),
    arrow(80, 118, 298, 120),
    arrow(222, 80, 300, 104),
    label(318, 96, 'y', 'strong'),
  ];
  const back = (x1, y1, x2, y2, text, x, y) => [arrow(x1, y1, x2, y2, 'dash'), label(x, y, text, 'small')];
  return drawing(
    620,
    220,
    'The graph of x cubed, and the three gradients that meet at x',
    label(20, 24, 'values go to the right, gradients (dashed) to the left', 'strong'),
    forward,
    back(460, 120, 388, 120, 'g = 1', 420, 112),
    back(330, 139, 74, 136, 'g · x²', 180, 158),
    back(298, 112, 224, 90, 'g · x', 262, 84),
    back(150, 92, 82, 114, 'twice g · x · x', 46, 78),
    label(20, 195, 'x is an input three times, so three gradients are added: x² + x² + x² = 3x²', 'small'),
  );
}

/** The gradient is more graph, which a second walk differentiates. */
function twice() {
  const stage = (x, title, text, fill) => [
    box(x, 60, 140, 46, title, fill),
    label(x + 70, 126, text, 'small', 'middle'),
  ];
  return drawing(
    620,
    190,
    'The walk back over the graph makes more graph; a second walk goes over both',
    label(20, 28, 'gradients of gradients need nothing more', 'strong'),
    stage(20, 'x, weights', 'leaves', 'a'),
    stage(240, 'f(x)', 'made by ops', 'c'),
    stage(460, '∇ₓ f', 'made by ops too', 'c'),
    arrow(162, 83, 238, 83),
    arrow(382, 83, 458, 83),
    arrow(530, 150, 90, 150, 'dash'),
    label(310, 168, 'the gradient of a loss that contains ∇ₓ f walks back over everything', 'small', 'middle'),
  );
}

export const drawings = () => ({ graph: graph(), twice: twice() });
