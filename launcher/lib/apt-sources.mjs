/**
 * @typedef {{ uris: string[], suites: string[], components: string[], options: Record<string, string> }} AptSource
 * `options` holds what must be kept for signatures to be checked as the machine checks them (signed-by, trusted, arch).
 */

const keptOptions = ['signed-by', 'trusted', 'arch'];
const optionNames = { 'signed-by': 'signed-by', trusted: 'trusted', architectures: 'arch', arch: 'arch' };

/**
 * One-line style, sources.list(5): `deb [ option=value … ] uri suite component…`. URIs such as `mirror+file:/path` stay as they are: apt reads them itself.
 * @param {string} text
 * @returns {AptSource[]}
 */
export function parseOneLineSources(text) {
  return text.split('\n').flatMap((rawLine) => {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)$/.exec(rawLine.replace(/#.*/, '').trim());
    if (!match) return [];
    const [, optionText = '', uri = '', suite = '', components = ''] = match;
    const pairs = optionText.split(/\s+/).map((option) => option.split('='));
    /** @type {Record<string, string>} */
    const options = Object.fromEntries(pairs.filter(([name, value]) => value && keptOptions.includes(name ?? '')));
    return [{ uris: [uri], suites: [suite], components: words(components), options }];
  });
}

/** deb822 style, sources.list(5): stanzas of `Field: value` with continuation lines. @param {string} text @returns {AptSource[]} */
export function parseDeb822Sources(text) {
  const withoutComments = text.replace(/^#.*\n?/gm, '');
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = parseFields(stanza);
    const isBinary = words(fields.types ?? '').includes('deb');
    if (!isBinary || /^(no|false|off|0)$/i.test(fields.enabled ?? '')) return [];
    /** @type {Record<string, string>} */
    const options = {};
    for (const [field, value] of Object.entries(fields)) {
      // A key pasted into the stanza cannot be carried on one line; apt's trusted keys are used then.
      const name = optionNames[field];
      if (name && !value.includes('BEGIN PGP')) options[name] = words(value).join(',');
    }
    return [
      {
        uris: words(fields.uris ?? ''),
        suites: words(fields.suites ?? ''),
        components: words(fields.components ?? ''),
        options,
      },
    ];
  });
}

/** @param {string} stanza @returns {Record<string, string>} */
function parseFields(stanza) {
  /** @type {Record<string, string>} */
  const fields = {};
  let current = '';
  for (const line of stanza.split('\n')) {
    const match = /^([A-Za-z][A-Za-z0-9-]*):\s*(.*)$/.exec(line);
    if (match) {
      current = match[1].toLowerCase();
      fields[current] = match[2];
    } else if (current && /^\s+\S/.test(line)) fields[current] += `\n${line.trim()}`;
  }
  return fields;
}

/** @param {string} text */
const words = (text) => text.split(/\s+/).filter(Boolean);

/**
 * The text of a sources.list for `suite`. For the machine's own suite every entry of it is kept (updates, security); for another suite the
 * archives that carry the machine's own suite are asked for it.
 * @param {AptSource[]} sources
 * @param {{ suite: string, ownSuite: string }} wanted
 * @returns {string} empty when no source carries the machine's own suite
 */
export function renderSourcesFor(sources, { suite, ownSuite }) {
  const ownNames = [ownSuite, 'stable', 'testing', 'unstable', 'oldstable'];
  const lines = new Set();
  for (const { uris, suites, components, options } of sources) {
    const isOwn = (name) =>
      ownNames.some((own) => name === own || name.startsWith(`${own}-`) || name.startsWith(`${own}/`));
    const isArchive = (name) => ownNames.includes(name) && components.includes('main');
    const chosen = suite === ownSuite ? suites.filter(isOwn) : suites.some(isArchive) ? [suite] : [];
    const optionText = Object.entries(options).map(([name, value]) => `${name}=${value}`);
    const prefix = ['deb', ...(optionText.length > 0 ? [`[${optionText.join(' ')}]`] : [])];
    for (const uri of uris) {
      for (const name of chosen)
        lines.add([...prefix, uri, name, ...(suite === ownSuite ? components : ['main'])].join(' '));
    }
  }
  return [...lines].map((line) => `${line}\n`).join('');
}
