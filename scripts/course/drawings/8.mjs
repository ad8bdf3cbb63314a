/** The drawings of chapter 8. */
import { readFileSync } from 'node:fs';
import { root } from '../chapters.mjs';
import { arrow, box, circle, drawing, label, line } from './svg.mjs';

/** Who reads what in a training step. */
function step() {
  const network = (x, y, text, fill = 'a') => box(x, y, 118, 34, text, fill);
  const loss = (x, y, text) => box(x, y, 62, 26, text, 'b', 'small');
  return drawing(
    760,
    318,
    'A training step of SimSwap: networks, and the losses that read them',
    box(14, 40, 84, 30, 'source I_S'),
    box(14, 146, 84, 30, 'target I_T'),
    network(138, 38, 'identity (frozen)', 'd'),
    arrow(98, 55, 136, 55),
    label(264, 46, 'v_S', 'small'),
    arrow(256, 55, 328, 138),
    network(290, 144, 'generator'),
    arrow(98, 161, 288, 161),
    box(450, 146, 84, 30, 'result I_R'),
    arrow(408, 161, 448, 161),
    network(434, 38, 'identity (frozen)', 'd'),
    arrow(492, 146, 492, 74),
    loss(630, 42, 'L_id'),
    arrow(552, 55, 628, 55),
    label(578, 46, 'v_R', 'small'),
    line(300, 100, 300, 22, 'dash'),
    line(300, 22, 661, 22, 'dash'),
    arrow(661, 22, 661, 41, 'dash'),
    network(434, 226, 'discriminator', 'c'),
    arrow(492, 176, 492, 224),
    line(56, 176, 56, 250),
    arrow(56, 250, 432, 250),
    loss(630, 198, 'L_wFM'),
    loss(630, 230, 'L_adv'),
    loss(630, 262, 'L_D, L_GP'),
    arrow(552, 236, 628, 211),
    arrow(552, 243, 628, 243),
    arrow(552, 250, 628, 275),
    loss(630, 148, 'L_rec'),
    arrow(534, 161, 628, 161),
    line(120, 161, 120, 120, 'dash'),
    line(120, 120, 661, 120, 'dash'),
    arrow(661, 120, 661, 147, 'dash'),
    label(698, 166, 'same', 'small'),
    label(
      14,
      306,
      'L_rec counts on batches of one person each; L_D and L_GP train the discriminator, all others the generator.',
      'small',
    ),
  );
}

/** The rows of the table of the ablation in docs/recipes.md: means over its seeds. */
function measured() {
  const rows = readFileSync(`${root}docs/recipes.md`, 'utf8').matchAll(
    /^\| `([\w+-]+)` \| ([\d.]+) ± [\d.]+ % \| ([\d.]+) ± [\d.]+ \| ([\d.]+) ± [\d.]+ \|$/gm,
  );
  return [...rows].map(([, name, retrieval, identity, reconstruction]) => ({
    name,
    retrieval: Number(retrieval),
    identity: Number(identity),
    reconstruction: Number(reconstruction),
  }));
}

/** A measure of identity, up is better, over the reconstruction loss, left is better. */
function panel(left, title, heightOf, ticks, y, text, places) {
  const x = (value) => left + 44 + (value - 0.05) * 6600;
  return [
    label(left, 20, title, 'small'),
    line(left + 44, 216, left + 330, 216),
    line(left + 44, 30, left + 44, 216),
    ticks.map((value) => label(left + 38, y(value) + 4, text(value), 'small', 'end')),
    [0.05, 0.06, 0.07, 0.08, 0.09].map((value) => label(x(value), 232, String(value), 'small', 'middle')),
    measured().map((row) => {
      const [anchor, dx, dy] = places[row.name] ?? ['start', 9, 4];
      const at = [x(row.reconstruction), y(heightOf(row))];
      return [
        circle(...at, 5, '', row.name === 'SimSwap' ? 'b' : 'a'),
        label(at[0] + dx, at[1] + dy, row.name, 'small', anchor),
      ];
    }),
    label(left + 330, 252, 'reconstruction loss of a self-swap', 'small', 'end'),
  ];
}

/** What seven trainings reached, to the network of the loss and to a judge, as docs/recipes.md has it. */
const tradeOff = () =>
  drawing(
    740,
    262,
    'Identity loss and identity retrieval over reconstruction loss of seven trainings',
    panel(
      10,
      'identity loss, to the network of the loss (less is higher)',
      ({ identity }) => identity,
      [0.12, 0.13, 0.14, 0.15],
      (value) => 50 + (value - 0.12) * 5200,
      (value) => value.toFixed(2),
      { oFM: ['start', 9, -3], SimSwap: ['start', 9, 8], 'oFM-id+': ['end', -9, 2], nFM: ['end', -9, 4] },
    ),
    panel(
      385,
      'retrieval by a judge (more is higher)',
      ({ retrieval }) => retrieval,
      [38, 42, 46, 50],
      (value) => 40 + (50 - value) * 13,
      (value) => `${value} %`,
      {
        wbarFM: ['start', 12, -4],
        'oFM-id+': ['start', 9, 10],
        'oFM-FM-': ['start', 12, -2],
        'wFM-id+': ['start', 9, 12],
        nFM: ['end', -9, 4],
      },
    ),
  );

/** The two kinds of batches, and which terms count on each. */
function alternation() {
  const kinds = Array.from({ length: 6 }, (_, k) => (k % 2 === 0 ? 'same' : 'cross'));
  const terms = ['identity', 'feature matching', 'adversarial', 'reconstruction'];
  return drawing(
    640,
    216,
    'Batches alternate between one person each and two; the reconstruction loss counts on the first kind only',
    label(140, 22, 'step', 'small', 'end'),
    kinds.map((kind, k) => [
      label(190 + 76 * k, 22, String(k + 1), 'small', 'middle'),
      box(156 + 76 * k, 32, 68, 28, kind, kind === 'same' ? 'c' : 'd', 'small'),
    ]),
    terms.map((term, row) => [
      label(140, 90 + 34 * row, term, 'small', 'end'),
      kinds.map((kind, k) =>
        term === 'reconstruction' && kind === 'cross'
          ? label(190 + 76 * k, 90 + 34 * row, '–', '', 'middle')
          : circle(190 + 76 * k, 86 + 34 * row, 7, '', 'a'),
      ),
    ]),
  );
}

export const drawings = () => ({ step: step(), 'trade-off': tradeOff(), alternation: alternation() });
