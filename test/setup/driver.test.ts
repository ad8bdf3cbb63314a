import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseAptSources } from '../../scripts/setup/apt-sources.mjs';
import { driverPlan, parseOsRelease, planAsShell } from '../../scripts/setup/driver.mjs';

const test = suite('setup: driver');

const debian12 = parseOsRelease('ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n');
const debian13 = parseOsRelease('ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n');
const ubuntu = parseOsRelease("ID=ubuntu\nID_LIKE=debian\nVERSION_ID='24.04'\nVERSION_CODENAME=noble\n");
const entries = parseAptSources([{ name: 'sources.list', text: 'deb http://mirror.example/debian bookworm main\n' }]);

test('Debian 12 takes Mesa from backports', () => {
  const plan = driverPlan(debian12, entries);
  assert.is(plan.source?.fileName, 'visage-backports.list');
  assert.is(plan.commands?.[1]?.join(' ').includes('-t bookworm-backports mesa-vulkan-drivers'), true);
});

test('newer Debian and Ubuntu take their own Mesa', () => {
  for (const release of [debian13, ubuntu]) {
    const plan = driverPlan(release, []);
    assert.is(plan.source, null);
    assert.not.match(plan.commands?.[1]?.join(' ') ?? '', 'backports');
  }
});

test('without root the plan reads as shell commands', () => {
  const plan = driverPlan(debian12, entries);
  assert.ok(plan.commands);
  const shell = planAsShell(plan).join('\n');
  assert.match(
    shell,
    "sudo tee /etc/apt/sources.list.d/visage-backports.list <<'EOF'\ndeb http://mirror.example/debian bookworm-backports main\nEOF",
  );
  assert.match(shell, /sudo apt-get .*install -y --no-install-recommends -t bookworm-backports mesa-vulkan-drivers$/);
});

test('another system gets a command of its own', () => {
  assert.match(driverPlan({ ID: 'fedora' }, []).hint ?? '', /^sudo dnf install/);
  assert.match(driverPlan({ ID: 'manjaro', ID_LIKE: 'arch' }, []).hint ?? '', /^sudo pacman/);
  assert.match(driverPlan({}, []).hint ?? '', /lavapipe/);
});

test.run();
