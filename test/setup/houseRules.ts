/**
 * @file The house rules that a program can check, as functions of the texts of the files. Each takes a map from path to
 * text, so that a test can hand it files that were made up, and returns one sentence for each place that breaks the
 * rule.
 */
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';

/** Paths from the root of the repository, with `/` between folders, and what the files hold. */
export type Files = ReadonlyMap<string, string>;

/**
 * One package, with its rooms (folders under `src`, or single files) in the order in which they may import each other.
 */
export interface Package {
  readonly name: string;
  readonly rooms: readonly string[];
}

/**
 * An import or a re-export of a file. `values` is false where only types come in, because those are gone when a program
 * runs.
 */
export interface Import {
  readonly module: string;
  readonly values: boolean;
}

/** Files at the top of a package that only say what leaves it, or start it: they may import from every room. */
const ENTRIES: readonly string[] = ['index.ts', 'node.ts', 'kernels.ts', 'main.ts'];

/** Where the sources of a package lie. The kernels are the one package outside `packages`. */
export const sourcesOf = (name: string): string => (name === 'kernels' ? 'kernels' : `packages/${name}/src`);

/** Whether names in braces, as in `{ type A, b }`, are types alone. */
function onlyTypes(clause: string): boolean {
  const names = /^\{([^}]*)\}$/s.exec(clause.trim())?.[1]?.split(',');
  return names?.every((name) => /^\s*(type\s.*)?$/s.test(name)) ?? false;
}

/** The modules that a TypeScript file imports, statically or by `import('…')`, and those that it exports from. */
export function importsOf(text: string): Import[] {
  const found: Import[] = [];
  const statics =
    /^(?:import\s+(type\s+)?(?:([^'";]+?)\s+from\s+)?|export\s+(type\s+)?([*{][^'";=()]*?)\s+from\s+)'([^']+)'/gm;
  for (const [, importType, imported, exportType, exported, module = ''] of text.matchAll(statics)) {
    const types = importType ?? exportType;
    found.push({ module, values: types === undefined && !onlyTypes(imported ?? exported ?? '') });
  }
  for (const [, module = ''] of text.matchAll(/(?<!typeof )\bimport\(\s*'([^']+)'/g))
    found.push({ module, values: true });
  return found;
}

/** The file that a relative import of another leads to. */
const resolve = (from: string, module: string): string => posix.join(posix.dirname(from), module);

/** The TypeScript files of a package that hold code: all but declarations of types. */
const filesOf = (files: Files, name: string): [string, string][] =>
  [...files].filter(([file]) => file.startsWith(`${sourcesOf(name)}/`) && /(?<!\.d)\.ts$/.test(file));

/**
 * A relative import that leaves its package: it would pass by the order of the packages, and a published package would
 * lack the file.
 */
export function relativeImportsThatLeave(files: Files, packages: readonly Package[]): string[] {
  return packages.flatMap(({ name }) =>
    filesOf(files, name).flatMap(([file, text]) =>
      importsOf(text)
        .filter(({ module }) => module.startsWith('.') && !resolve(file, module).startsWith(`${sourcesOf(name)}/`))
        .map(
          ({ module }) =>
            `${file} imports ${module}, which lies outside the package ${name}; import the package by name`,
        ),
    ),
  );
}

/** Imports, of types too, from packages that do not come before the importing one. */
export function packageOrder(files: Files, packages: readonly Package[]): string[] {
  const order = packages.map(({ name }) => name);
  return order.flatMap((name, place) =>
    filesOf(files, name).flatMap(([file, text]) =>
      importsOf(text).flatMap(({ module }) => {
        const [, other] = /^@visage\/([^/]+)/.exec(module) ?? [];
        if (other === undefined || order.slice(0, place).includes(other)) return [];
        return [
          `${file} imports ${module}; the package ${name} may import ${order.slice(0, place).join(', ') || 'none'}`,
        ];
      }),
    ),
  );
}

/** Imports of packages that the importing package does not list among its dependencies. */
export function undeclaredDependencies(files: Files, packages: readonly Package[]): string[] {
  return packages.flatMap(({ name }) => {
    const manifest = `${sourcesOf(name).replace('/src', '')}/package.json`;
    const { dependencies, optionalDependencies } = JSON.parse(files.get(manifest) ?? '{}');
    const declared: object = { ...dependencies, ...optionalDependencies };
    return filesOf(files, name).flatMap(([file, text]) =>
      importsOf(text).flatMap(({ module }) => {
        if (module.startsWith('.') || isBuiltin(module)) return [];
        const wanted = module.split('/', module.startsWith('@') ? 2 : 1).join('/');
        return wanted in declared ? [] : [`${file} imports ${module}, but ${manifest} does not list ${wanted}`];
      }),
    );
  });
}

/** The room of a file: its folder below `src`, or its own name if it lies at the top. */
const roomOf = (file: string, name: string): string => file.slice(sourcesOf(name).length + 1).split('/', 1)[0] ?? '';

/** Rooms that the table does not list, and imports of values from a room below one's own. */
export function roomOrder(files: Files, packages: readonly Package[]): string[] {
  return packages.flatMap(({ name, rooms }) =>
    filesOf(files, name).flatMap(([file, text]) => {
      const room = roomOf(file, name);
      if (ENTRIES.includes(room)) return [];
      const place = rooms.indexOf(room);
      if (place < 0) return [`${file} lies in a room that the table of the package ${name} does not list: ${room}`];
      return importsOf(text).flatMap(({ module, values }) => {
        const target = resolve(file, module);
        if (!values || !module.startsWith('.') || !target.startsWith(`${sourcesOf(name)}/`)) return [];
        const allowed = rooms.slice(0, place + 1);
        if (allowed.includes(roomOf(target, name))) return [];
        return [`${file} imports ${module}; the room ${room} of ${name} may import ${allowed.join(', ')}`];
      });
    }),
  );
}

/** Cycles of value imports between the files of a package. Each is told once, by the files along it. */
export function valueCycles(files: Files, packages: readonly Package[]): string[] {
  const cycles: string[] = [];
  for (const { name } of packages) {
    const done = new Set<string>();
    const path: string[] = [];
    const visit = (file: string): void => {
      const start = path.indexOf(file);
      if (start >= 0) cycles.push(`a cycle of values in ${name}: ${[...path.slice(start), file].join(' → ')}`);
      if (start >= 0 || done.has(file)) return;
      path.push(file);
      for (const { module, values } of importsOf(files.get(file) ?? '')) {
        if (values && /^\.{1,2}\/.*\.ts$/.test(module)) visit(resolve(file, module));
      }
      path.pop();
      done.add(file);
    };
    for (const [file] of filesOf(files, name)) visit(file);
  }
  return cycles;
}

/**
 * Files with more lines than allowed: 400 for tests, 300 for all others. `exceptions` lists the files that are longer
 * today, with the number of lines that they may have; one that has shrunk below the limit must leave the list.
 */
export function longFiles(files: Files, exceptions: Readonly<Record<string, number>>): string[] {
  return [...files].flatMap(([file, text]) => {
    if (!/\.(ts|mjs|wgsl)$/.test(file)) return [];
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    const limit = file.startsWith('test/') ? 400 : 300;
    const allowed = exceptions[file] ?? limit;
    if (lines > allowed) return [`${file} has ${lines} lines, more than ${allowed}; one idea per file`];
    return file in exceptions && lines <= limit
      ? [`${file} has ${lines} lines; take it off the list of exceptions`]
      : [];
  });
}

/**
 * Lines wider than 120 columns that are a comment or end in one. A comment of one long word, such as an address, cannot
 * be broken.
 */
export function wideComments(files: Files): string[] {
  const comment = /^\s*(?:\/\/|\/\*|\*)\/?\*?\s*(\S.*)?$|^[^'"`]*?\S\s+\/\/\s+(.*)$/;
  return [...files].flatMap(([file, text]) => {
    if (!/\.(ts|mjs|wgsl)$/.test(file)) return [];
    return text.split('\n').flatMap((line, index) => {
      if (line.length <= 120) return [];
      const match = comment.exec(line);
      const words = match?.[1] ?? match?.[2] ?? '';
      return words.includes(' ') ? [`${file}:${index + 1} has a comment of ${line.length} columns, more than 120`] : [];
    });
  });
}

/**
 * Imports of examples other than Node's modules and the entries of packages. The command line is no library. Files of
 * the course may import each other.
 */
export function examplesThatReachInside(files: Files): string[] {
  const course = 'examples/course/';
  return [...files].flatMap(([file, text]) => {
    if (!file.startsWith('examples/')) return [];
    const beside = (module: string): boolean =>
      file.startsWith(course) && module.startsWith('.') && resolve(file, module).startsWith(course);
    return importsOf(text)
      .filter(({ module }) => !isBuiltin(module) && !/^@visage\/(?!cli(\/|$))[a-z]+(\/[a-z]+)?$/.test(module))
      .filter(({ module }) => !beside(module))
      .map(
        ({ module }) => `${file} imports ${module}; an example imports packages by name, and never the command line`,
      );
  });
}

/** Imports of Node, or of an entry for Node, on the way from what browsers load. */
export function nodeInBrowsers(files: Files, entries: readonly string[]): string[] {
  return entries.flatMap((entry) => {
    const found: string[] = [];
    const pending = files.has(entry) ? [entry] : [];
    const seen = new Set(pending);
    for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
      for (const { module } of importsOf(files.get(file) ?? '')) {
        if (isBuiltin(module) || module.endsWith('/node'))
          found.push(`${entry} leads to ${file}, which imports ${module}`);
        const next = resolve(file, module);
        if (!module.startsWith('.') || !module.endsWith('.ts') || seen.has(next)) continue;
        seen.add(next);
        pending.push(next);
      }
    }
    return found;
  });
}
