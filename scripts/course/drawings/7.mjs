/** The drawings of chapter 7. */
import { arrow, box, circle, curve, drawing, label, line } from './svg.mjs';

/** A stylised face: the shape of the head is the identity, the tilt and the mouth are attributes. */
function face(x, y, identity, attributes) {
  const [wide, fill] = identity === 0 ? [26, 'a'] : [20, 'b'];
  const tilt = attributes === 0 ? 0 : 6;
  const mouth = attributes === 0 ? 0 : 7;
  const smile = Array.from({ length: 9 }, (_, k) => {
    const t = k / 4 - 1;
    return [x + tilt + 10 * t, y + 14 + mouth * (1 - t * t)];
  });
  return [
    circle(x, y, wide + 4, '', fill),
    circle(x + tilt - wide / 2.6, y - 6, identity === 0 ? 3 : 5),
    circle(x + tilt + wide / 2.6, y - 6, identity === 0 ? 3 : 5),
    curve(smile, identity === 0 ? 'a' : 'b'),
  ];
}

/** Two integers name a picture, and the swap is one of the four. */
function truth() {
  const cell = (column, row) => [150 + 130 * column, 74 + 82 * row];
  const frames = [0, 1].flatMap((row) =>
    [0, 1].map((column) => {
      const [x, y] = cell(column, row);
      return [box(x - 55, y - 37, 110, 74), face(x, y, row, column)];
    }),
  );
  return drawing(
    680,
    214,
    'Two identities under two attributes: the swap of one into the other is one of the four pictures',
    label(150, 26, 'attributes 5', '', 'middle'),
    label(280, 26, 'attributes 6', '', 'middle'),
    label(84, 78, 'identity 1', '', 'end'),
    label(84, 160, 'identity 2', '', 'end'),
    frames,
    label(400, 78, 'source: identity 1, attributes 5'),
    label(400, 120, 'target: identity 2, attributes 6'),
    label(400, 162, 'exact swap: identity 1, attributes 6', 'strong'),
    arrow(394, 158, 336, 88),
    arrow(394, 116, 336, 148),
  );
}

/** The logit of the own class over the angle, without and with a margin. */
function margin() {
  const m = 0.5;
  const x = (angle) => 70 + (440 * angle) / Math.PI;
  const y = (value) => 110 - 50 * value;
  const angles = Array.from({ length: 61 }, (_, k) => (k * Math.PI) / 60);
  const own = (angle) => (angle < Math.PI - m ? Math.cos(angle + m) : Math.cos(angle) - m * Math.sin(Math.PI - m));
  return drawing(
    640,
    230,
    'Logits divided by s: cos θ, and cos(θ + m) with its straight continuation',
    line(70, y(0), 510, y(0)),
    line(70, 40, 70, 190),
    [-1, 0, 1].map((value) => label(62, y(value) + 4, String(value), 'small', 'end')),
    [0, 45, 90, 135, 180].map((degrees) => label(x((degrees * Math.PI) / 180), 206, `${degrees}°`, 'small', 'middle')),
    line(x(Math.PI - m), 40, x(Math.PI - m), 190, 'dash'),
    label(x(Math.PI - m), 34, 'π − m', 'small', 'middle'),
    curve(
      angles.map((angle) => [x(angle), y(Math.cos(angle))]),
      'a',
    ),
    curve(
      angles.map((angle) => [x(angle), y(own(angle))]),
      'b',
    ),
    label(x(0.62), y(Math.cos(0.62)) - 8, 'cos θ: other classes', 'small'),
    label(78, y(-0.4), 'cos(θ + m): the own class', 'small'),
    label(290, 226, 'angle θ between a face and a centre', 'small', 'middle'),
  );
}

/** What an attack asks: how short a change moves a face over the border. */
function attack() {
  const panel = (left, title, note, radius, colour) => {
    const border = Array.from({ length: 21 }, (_, k) => {
      const t = k / 20;
      return [left + 172 + radius + (radius < 0 ? 9 * Math.sin(26 * t) : 8 * Math.sin(3 * t)), 46 + 140 * t];
    });
    return [
      label(left, 22, title, 'strong'),
      circle(left + 110, 116, 46, '', 'a'),
      circle(left + 110, 116, 4, '', 'd'),
      label(left + 110, 106, 'a face', 'small', 'middle'),
      curve(border, colour),
      label(left + 262, 60, 'somebody', 'small', 'middle'),
      label(left + 262, 76, 'else', 'small', 'middle'),
      label(left, 210, note, 'small'),
    ];
  };
  return drawing(
    640,
    226,
    'A ball of small changes around a face, and the border to another person',
    panel(10, 'plain', 'a faint pattern crosses the border', -22, 'b'),
    panel(330, 'trained under attack', 'only a change that one sees crosses it', 20, 'c'),
  );
}

export const drawings = () => ({ truth: truth(), margin: margin(), attack: attack() });
