/**
 * Reads apt's source files (sources.list(5)) as far as set-up needs them: to find the machine's own Debian archive and
 * to derive the entry of its backports suite from it, so that mirror, signature and options stay those of the machine.
 *
 * An entry is `{ suites, components, rename }`: `rename(suite)` gives the text of the same entry for another suite.
 */

/** Entries of a one-line-style file: `deb [option=value …] uri suite component…`. */
export function parseListFile(text) {
  const entries = [];
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line);
    if (!match) continue;
    const [, options = '', uri, suite, components] = match;
    entries.push({
      uris: [uri],
      suites: [suite],
      components: components.trim().split(/\s+/),
      fileName: 'visage-backports.list',
      rename: (other) => `deb ${options}${uri} ${other} main\n`,
    });
  }
  return entries;
}

/**
 * The fields of one deb822 stanza as `[name, value]`; a value keeps its continuation lines (a `Signed-By` key block has
 * them).
 */
function stanzaFields(stanza) {
  const fields = [];
  for (const line of stanza.split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue;
    if (/^\s/.test(line)) {
      if (fields.length > 0) fields[fields.length - 1][1] += `\n${line}`;
    } else {
      const colon = line.indexOf(':');
      if (colon > 0) fields.push([line.slice(0, colon), line.slice(colon + 1).trim()]);
    }
  }
  return fields;
}

/** Entries of a deb822-style file (`.sources`): stanzas of `Field: value`, one blank line between two. */
export function parseSourcesFile(text) {
  const entries = [];
  for (const stanza of text.split(/\n[ \t]*\n/)) {
    const fields = stanzaFields(stanza);
    const words = (name) =>
      (fields.find(([field]) => field.toLowerCase() === name)?.[1] ?? '').split(/\s+/).filter((word) => word !== '');
    const disabled = ['no', 'false', 'off', '0'].includes(words('enabled')[0]?.toLowerCase());
    if (disabled || !words('types').includes('deb')) continue;
    const kept = fields.filter(([field]) => !['types', 'suites', 'components'].includes(field.toLowerCase()));
    entries.push({
      uris: words('uris'),
      suites: words('suites'),
      components: words('components'),
      fileName: 'visage-backports.sources',
      rename: (other) =>
        [
          'Types: deb',
          `Suites: ${other}`,
          'Components: main',
          ...kept.map(([field, value]) => `${field}: ${value}`),
          '',
        ].join('\n'),
    });
  }
  return entries;
}

/**
 * Entries of source files given as `{ name, text }`; as in apt, the ending tells the format and other files are
 * ignored.
 */
export function parseAptSources(files) {
  return files.flatMap(({ name, text }) => {
    if (name.endsWith('.sources')) return parseSourcesFile(text);
    return name.endsWith('.list') ? parseListFile(text) : [];
  });
}

/**
 * The source file to write so that apt knows `<codename>-backports`: `{ fileName, text }`, or `null` if an entry has
 * the suite already. Throws if no entry offers the release itself, for then there is nothing to derive from.
 */
export function backportsSource(entries, codename) {
  const suite = `${codename}-backports`;
  if (entries.some((entry) => entry.suites.includes(suite) && entry.components.includes('main'))) return null;
  const base = entries.find((entry) => entry.suites.includes(codename) && entry.components.includes('main'));
  if (!base) {
    throw new Error(
      `apt's sources (/etc/apt/sources.list and sources.list.d/) have no entry for the suite "${codename}" with "main".`,
    );
  }
  return { fileName: base.fileName, text: base.rename(suite) };
}
