/**
 * Asks Dawn for an adapter and prints what it found as one line of JSON on stdout.
 *
 * A process of its own, because set-up has to ask twice: a process that has once failed to load a driver does not see
 * the one that was installed since, and a driver that crashes must not take set-up with it.
 */
const { create } = await import('webgpu');
// Dawn lives as long as this object; once it is collected the process dies with a segmentation fault.
globalThis.visageDawn = create([]);
const adapter = await globalThis.visageDawn.requestAdapter({ powerPreference: 'high-performance' });
const found = adapter && { description: adapter.info.description, software: adapter.info.isFallbackAdapter };
process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0));
