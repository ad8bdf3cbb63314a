/** Which commands install a software Vulkan driver on this system, and running them. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backportsSource, parseAptSources } from './apt-sources.mjs';

const driverPackage = 'mesa-vulkan-drivers';
const aptFolder = '/etc/apt';
// another apt-get may be at work, as on a machine that has just started
const waitForLock = ['-o', 'DPkg::Lock::Timeout=300'];

/** The `KEY=value` lines of os-release(5) as an object. */
export function parseOsRelease(text) {
  const fields = {};
  for (const line of text.split('\n')) {
    const match = /^([A-Z_]+)=(.*)$/.exec(line);
    if (match) fields[match[1]] = match[2].replace(/^(["'])(.*)\1$/, '$2');
  }
  return fields;
}

/**
 * What installs the driver: `{ source, commands }` for Debian and Ubuntu, where `source` is a file to write under
 * /etc/apt/sources.list.d first (or null), or `{ hint }`, a command for the user of another system.
 *
 * Debian 12 ships Mesa 22.3, which Dawn refuses (it lacks dynamic indexing of uniform arrays); the backports suite of
 * that release has 25.0. Later releases are new enough by themselves.
 */
export function driverPlan(osRelease, entries) {
  const family = [osRelease.ID, ...(osRelease.ID_LIKE ?? '').split(' ')];
  if (!family.includes('debian') && !family.includes('ubuntu')) return { hint: otherSystems(family) };
  const needsBackports = osRelease.ID === 'debian' && Number(osRelease.VERSION_ID) < 13;
  const codename = osRelease.VERSION_CODENAME;
  const source = needsBackports ? backportsSource(entries, codename) : null;
  const target = needsBackports ? ['-t', `${codename}-backports`] : [];
  return {
    source,
    commands: [
      ['apt-get', 'update'],
      ['apt-get', 'install', '-y', '--no-install-recommends', ...target, driverPackage],
    ],
  };
}

function otherSystems(family) {
  if (family.includes('fedora') || family.includes('rhel'))
    return 'sudo dnf install -y mesa-vulkan-drivers vulkan-loader';
  if (family.includes('arch')) return 'sudo pacman -S --needed vulkan-swrast vulkan-icd-loader';
  if (family.includes('suse')) return 'sudo zypper install -y libvulkan_lvp libvulkan1';
  if (family.includes('alpine')) return 'Alpine has no glibc, which Dawn needs; use a Debian or Ubuntu container.';
  return 'install the Vulkan driver of your GPU, or Mesa 24 or newer with its software driver "lavapipe"';
}

/** The plan as lines that a user without root rights can paste into a shell. */
export function planAsShell({ source, commands }) {
  const lines = commands.map((command) => `sudo ${command.join(' ')}`);
  if (!source) return lines;
  return [`sudo tee ${aptFolder}/sources.list.d/${source.fileName} <<'EOF'\n${source.text}EOF`, ...lines];
}

/** Reads apt's source files of this machine as `{ name, text }`. */
export function readAptFiles(folder = aptFolder) {
  const names = [join(folder, 'sources.list')];
  const parts = join(folder, 'sources.list.d');
  if (existsSync(parts)) names.push(...readdirSync(parts).map((name) => join(parts, name)));
  return names.filter((name) => existsSync(name)).map((name) => ({ name, text: readFileSync(name, 'utf8') }));
}

/** The plan for this machine. */
export function planForThisMachine() {
  if (process.platform !== 'linux') {
    return { hint: 'install a current graphics driver; on Windows and macOS it brings what WebGPU needs' };
  }
  const osRelease = existsSync('/etc/os-release') ? parseOsRelease(readFileSync('/etc/os-release', 'utf8')) : {};
  return driverPlan(osRelease, parseAptSources(readAptFiles()));
}

/**
 * Runs the plan as root. A failed `update` is passed over: often only a foreign source is down, and `install` has the
 * last word.
 */
export function installDriver({ source, commands }, say) {
  if (source) {
    const file = join(aptFolder, 'sources.list.d', source.fileName);
    say(`Adding the backports suite of this Debian, from its own mirror, in ${file} (delete that file to undo).`);
    writeFileSync(file, source.text);
  }
  for (const [program, ...args] of commands) {
    say(`Running: ${[program, ...args].join(' ')}`);
    const result = spawnSync(program, [...waitForLock, ...args], {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 1 << 28,
    });
    if (result.status === 0) continue;
    const output = `${result.error?.message ?? ''}${result.stdout ?? ''}${result.stderr ?? ''}`
      .trim()
      .split('\n')
      .slice(-12)
      .join('\n');
    if (args.at(-1) === 'update') say(`That ended with an error; going on all the same:\n${output}`);
    else throw new Error(`${program} could not install ${driverPackage}:\n${output}`);
  }
}
