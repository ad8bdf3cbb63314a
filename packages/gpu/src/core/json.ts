import { VisageError } from './errors.ts';

const DEEPEST = 64; // what Visage writes nests six levels; functions that walk a value by recursion overflow at some ten thousand

/**
 * Parses JSON that nobody vouches for, such as the metadata of a weight file.
 *
 * Its lists and objects may lie at most 64 levels deep in each other, so that whatever walks the value later ends.
 *
 * @throws VisageError that begins with `is`, for a caller to put the name of the text in front.
 */
export function parseJson(text: string): unknown {
  if (deepest(text) > DEEPEST)
    throw new VisageError(`is JSON that nests its lists and objects more than ${DEEPEST} levels deep`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const [line = ''] = (cause as Error).message.split('\n');
    throw new VisageError(`is no JSON: ${line.slice(0, 120)}`);
  }
}

/** How many lists and objects are open at once in a JSON text. */
function deepest(text: string): number {
  let [open, most] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
    } else if (character === '{' || character === '[') {
      most = Math.max(most, ++open);
    } else if (character === '}' || character === ']') {
      open--;
    }
  }
  return most;
}
