/** The chapters that there are: the folders of examples/course, such as `3-autograd`. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Chapters before this one open the device by themselves; from here on they are given one of `@visage/gpu`. */
export const FIRST_WITH_ENGINE = 5;

/** Every chapter in order: its number, its name, and whether its file wants a device of `@visage/gpu`. */
export function chapters() {
  return readdirSync(`${root}examples/course`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d+-/.test(entry.name))
    .map(({ name }) => ({
      number: Number.parseInt(name, 10),
      name,
      engine: Number.parseInt(name, 10) >= FIRST_WITH_ENGINE,
    }))
    .sort((a, b) => a.number - b.number);
}

/** The chapter of a number; an error that lists the others if there is none. */
export function chapterOf(number) {
  const all = chapters();
  const found = all.find((chapter) => chapter.number === Number(number));
  if (found) return found;
  throw new Error(
    `course: there is no chapter ${number}; expected one of ${all.map((each) => each.number).join(', ')}`,
  );
}
