/** @file Durations and adapters in words, for reports, tables and the terminal. */
import type { Gpu } from '@visage/gpu';

/** Formats a duration in seconds as `1 h 02 min`, `3 min 20 s` or `12 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  if (hours > 0) return `${hours} h ${two(minutes)} min`;
  return minutes > 0 ? `${minutes} min ${two(rest)} s` : `${rest} s`;
}

/** The name of the adapter in one line, with a remark if it is a software adapter. */
export function adapterLine({ adapter }: Gpu): string {
  return adapter.software
    ? `${adapter.name} (software: everything runs on the processor, expect it to be slow)`
    : adapter.name;
}
