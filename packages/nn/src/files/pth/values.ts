/**
 * @file What a pickle builds here. Nothing in it can run: classes are names, and objects are records of what the pickle
 * says of them.
 */
import { showName } from '../header.ts';

/** A class or function by name, such as `torch.nn.modules.conv.Conv2d`; never looked up. */
export class PickledName {
  constructor(readonly name: string) {}

  toString(): string {
    return showName(this.name);
  }
}

/** An object of some class: what its pickle gives it, and nothing of its behaviour. */
export class PickledObject {
  /** Attributes by name. */
  state: ReadonlyMap<unknown, unknown> = new Map();
  /** What it holds as a dictionary or a list, if its class derives from one of them. */
  items: Map<unknown, unknown> | undefined;

  /**
   * @param refused set when it stands for what a call would have returned, or for what cannot be read: why, for the end
   * of an error.
   */
  constructor(
    readonly type: PickledName,
    readonly refused?: string,
  ) {}

  /** An attribute that is a dictionary, as `_parameters` of a module is. */
  dictionary(name: string): ReadonlyMap<unknown, unknown> | undefined {
    const value = this.state.get(name);
    return value instanceof Map ? value : undefined;
  }

  /** The items of a dictionary or list, to be added to. */
  container(): Map<unknown, unknown> {
    this.items ??= new Map();
    return this.items;
  }
}
