import { VisageError } from './errors.ts';

// what Visage writes has 6 levels; a function that visits a value recursively overflows its stack at some 10 000
const DEEPEST = 64;

/**
 * Parses JSON from an untrusted source, such as the metadata of a weight file.
 *
 * Lists and objects may be nested at most 64 levels deep, so that recursive functions can visit the value.
 *
 * @throws VisageError if the text is no such JSON. The message begins with `is`, so that the caller can put the name of
 * the text before it.
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

/** How deep the lists and objects of a JSON text are nested. */
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
