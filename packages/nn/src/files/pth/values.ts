/** @file What a pickle builds here. Nothing in it can run: classes are names, and objects are records of what the pickle says of them. */
import { showName } from '../header.ts';

/** A class or function by name, such as `torch.nn.modules.conv.Conv2d`; never looked up. */
export class PickledName {
  constructor(readonly name: string) {}

  toString(): string {
    return showName(this.name);
  }
}

/** An object of some class: the state that its pickle gives it, and nothing of its behaviour. */
export class PickledObject {
  /** Attributes by name. */
  state: ReadonlyMap<unknown, unknown> = new Map();

  constructor(readonly type: PickledName) {}

  /** An attribute that is a dictionary, as `_parameters` of a module is. */
  dictionary(name: string): ReadonlyMap<unknown, unknown> | undefined {
    const value = this.state.get(name);
    return value instanceof Map ? value : undefined;
  }
}
