import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backportsSource, parseAptSources } from '../../scripts/setup/apt-sources.mjs';

const test = suite('setup: apt sources');

const deb822 = `Types: deb deb-src
# a comment between two fields
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main
`;

const oneLine = `# deb http://old.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/etc/keys/a.gpg] https://mirror.example/debian bookworm main non-free-firmware # ours
deb http://security.example/debian-security bookworm-security main
`;

test('a deb822 stanza keeps mirror and key, and changes its suite', () => {
  const source = backportsSource(parseAptSources([{ name: 'debian.sources', text: deb822 }]), 'bookworm');
  assert.equal(source, {
    fileName: 'visage-backports.sources',
    text: [
      'Types: deb',
      'Suites: bookworm-backports',
      'Components: main',
      'URIs: http://mirror.example/debian',
      'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
      '',
    ].join('\n'),
  });
});

test('a one-line entry keeps its options', () => {
  const source = backportsSource(parseAptSources([{ name: 'sources.list', text: oneLine }]), 'bookworm');
  assert.equal(source, {
    fileName: 'visage-backports.list',
    text: 'deb [arch=amd64 signed-by=/etc/keys/a.gpg] https://mirror.example/debian bookworm-backports main\n',
  });
});

test('a key block inside a stanza stays whole', () => {
  const block = '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEY\n -----END PGP PUBLIC KEY BLOCK-----';
  const text = `Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\nSigned-By:${block}\n`;
  const source = backportsSource(parseAptSources([{ name: 'a.sources', text }]), 'bookworm');
  assert.ok(source?.text.endsWith(`Signed-By: ${block}\n`));
});

test('an entry that offers the backports suite already is enough', () => {
  const withBackports = deb822.replace('bookworm-updates', 'bookworm-backports');
  assert.is(backportsSource(parseAptSources([{ name: 'a.sources', text: withBackports }]), 'bookworm'), null);
});

test('a disabled stanza and a file apt would ignore do not count', () => {
  const disabled = `Enabled: no\n${deb822.split('\n\n')[0]}\n`;
  const files = [
    { name: 'a.sources', text: disabled },
    { name: 'a.sources.disabled', text: deb822 },
  ];
  assert.throws(() => backportsSource(parseAptSources(files), 'bookworm'), /no entry for the suite "bookworm"/);
});

test.run();
