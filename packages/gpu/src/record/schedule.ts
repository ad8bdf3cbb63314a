import { type Command, writtenBindings } from '../launch/commands.ts';
import { chainsFrom, dependenciesOf } from './dependencies.ts';
import { type Launch, LaunchGroup, launchOf } from './launchGroup.ts';

/** A launch may run before at most so many earlier ones; more would save few launches. */
const WINDOW = 300;
/** The same for a launch with large results, because what is computed early takes memory while it waits. */
const WINDOW_OF_LARGE = 100;
const LARGE = 16 * 2 ** 20; // bytes

/**
 * Groups launches that can become one, and orders the groups so that each launch comes after those that it depends on.
 *
 * This is a list scheduler. Of the launches that could run next it makes groups, and takes the one whose launches begin
 * the longest chains of dependent launches, all lengths added. So the long chains of a step, such as the passes of two
 * networks, advance side by side.
 *
 * @param mostBindings storage buffers that a kernel may have.
 */
export function schedule(commands: readonly Command[], mostBindings: number): LaunchGroup[] {
  const launches = commands.map(launchOf);
  const dependencies = dependenciesOf(commands);
  const chains = chainsFrom(dependencies);
  const dependents = commands.map((): number[] => []);
  for (const [number, before] of dependencies.entries()) for (const each of before) dependents[each]?.push(number);
  const numbers = new Map(launches.map((launch, number) => [launch, number]));
  const chainOf = (launch: Launch) => chains[numbers.get(launch) as number] as number;
  const waitsFor = dependencies.map(({ size }) => size);
  const done = new Set<number>();
  const groups: LaunchGroup[] = [];
  for (let oldest = 0; oldest < launches.length; ) {
    const isReady = (launch: Launch, k: number) =>
      waitsFor[oldest + k] === 0 && !done.has(oldest + k) && (k < WINDOW_OF_LARGE || resultBytes(launch) < LARGE);
    const ready = launches.slice(oldest, oldest + WINDOW).filter(isReady);
    ready.sort((a, b) => chainOf(b) - chainOf(a)); // sorting is stable: of equals the older one comes first
    const group = heaviest(groupsOf(ready, mostBindings), chainOf);
    groups.push(group);
    for (const launch of group.members) {
      const number = numbers.get(launch) as number;
      done.add(number);
      for (const dependent of dependents[number] as number[]) (waitsFor[dependent] as number)--;
    }
    while (done.has(oldest)) oldest++;
  }
  return groups;
}

/** Bytes that a launch writes. */
const resultBytes = ({ command }: Launch): number =>
  writtenBindings(command).reduce((sum, { bytes }) => sum + bytes, 0);

/** The groups that could run next. A launch may be in several of them. */
function groupsOf(ready: readonly Launch[], mostBindings: number): LaunchGroup[] {
  const groups = new Map<unknown, LaunchGroup>();
  for (const launch of ready) {
    const { kernel } = launch;
    const kind = kernel ? `${kernel.size} ${kernel.memory}` : launch;
    if (!groups.has(kind)) groups.set(kind, new LaunchGroup(launch, mostBindings));
  }
  for (const launch of ready) for (const group of groups.values()) group.add(launch);
  return [...groups.values()];
}

function heaviest(groups: readonly LaunchGroup[], chainOf: (launch: Launch) => number): LaunchGroup {
  const weight = ({ members }: LaunchGroup) => members.reduce((sum, launch) => sum + chainOf(launch), 0);
  return groups.reduce((best, group) => (weight(group) > weight(best) ? group : best));
}
