import { showValue, VisageError } from '@visage/gpu';
import type { FivePoints } from '../core/face.ts';

/** The members of an untrusted JSON object, each read by the type that is expected of it. */
export class Fields {
  readonly #members: Record<string, unknown>;

  constructor(json: unknown) {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new VisageError('is no JSON object');
    this.#members = json as Record<string, unknown>;
  }

  fail(key: string, expected: string): never {
    throw new VisageError(`has the ${key} ${showValue(this.#members[key])}, expected ${expected}`);
  }

  has(key: string): boolean {
    return this.#members[key] !== undefined;
  }

  value(key: string): unknown {
    return this.#members[key];
  }

  text(key: string): string {
    const value = this.#members[key];
    return typeof value === 'string' ? value : this.fail(key, 'a text');
  }

  hash(key: string): string {
    const value = this.text(key);
    return /^[0-9a-f]{64}$/.test(value) ? value : this.fail(key, 'a SHA-256 in hexadecimal');
  }

  number(key: string): number {
    const value = this.#members[key];
    return Number.isFinite(value) ? (value as number) : this.fail(key, 'a number');
  }

  integer(key: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.#members[key];
    const fits = Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
    return fits ? (value as number) : this.fail(key, `an integer from ${least} to ${most}`);
  }

  numbers(key: string, count: number): readonly number[] {
    const value = this.#members[key];
    return Array.isArray(value) && value.length === count && value.every(Number.isFinite)
      ? (value as number[])
      : this.fail(key, `${count} numbers`);
  }

  points(key: string): FivePoints {
    const value = this.#members[key];
    const isPoint = (each: unknown) => Array.isArray(each) && each.length === 2 && each.every(Number.isFinite);
    return Array.isArray(value) && value.length === 5 && value.every(isPoint)
      ? (value as unknown as FivePoints)
      : this.fail(key, 'five points [x, y]');
  }

  floats(key: string): Float32Array {
    const text = this.text(key);
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return this.fail(key, 'base64 of 128 numbers');
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    if (bytes.length !== 512) this.fail(key, 'base64 of 128 numbers');
    return new Float32Array(bytes.buffer);
  }
}
