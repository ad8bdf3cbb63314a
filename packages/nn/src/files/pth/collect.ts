/** @file Finds the tensors in what a file has pickled, and gives each its dotted name. */
import { FileError, showName } from '../header.ts';
import { PickledTensor } from './tensors.ts';
import { PickledObject } from './values.ts';

const DEEPEST = 64;
const LONGEST_NAME = 1000;
const MOST_MEMBERS = 1_000_000; // shared containers are visited once per path: a small pickle can name very many

/**
 * Tensors by name: keys of dictionaries, indices of lists and attributes of modules, joined by dots.
 *
 * A whole module counts as its parameters, persistent buffers and children, as its `state_dict()` does. An optimizer object, which old
 * checkpoints keep beside their network, is passed over. Numbers, texts and functions among the tensors are passed over too. A `Namespace` of
 * a script's options counts as a dictionary.
 *
 * @throws FileError that names the class of any other object in the tree, or for a tensor whose key gives it no name.
 */
export function collectTensors(root: unknown, source: string): Map<string, PickledTensor> {
  const collector = new Collector(source);
  collector.visit(root, '', 0);
  return collector.found;
}

class Collector {
  readonly found = new Map<string, PickledTensor>();
  #members = 0;

  constructor(readonly source: string) {}

  visit(value: unknown, name: string, depth: number): void {
    if (typeof value !== 'object' || value === null) return;
    if (depth > DEEPEST) throw new FileError(this.source, 'nests its containers too deep to be a network');
    if (name.length > LONGEST_NAME)
      throw new FileError(this.source, `names a tensor with ${name.length} characters: ${showName(name)}`);
    if (value instanceof PickledTensor) this.#add(name, value);
    else if (value instanceof PickledObject) this.#visitObject(value, name, depth);
    else if (value instanceof Map) this.#visitMembers(value, name, depth);
    else if (Array.isArray(value)) this.#visitMembers(value, name, depth);
  }

  #add(name: string, tensor: PickledTensor): void {
    const key = name === '' ? 'tensor' : name;
    if (this.found.has(key)) throw new FileError(this.source, `holds two tensors called ${showName(key)}`);
    this.found.set(key, tensor);
  }

  #visitMembers(
    members: ReadonlyMap<unknown, unknown> | readonly unknown[],
    name: string,
    depth: number,
    except?: unknown,
  ): void {
    this.#members += 'length' in members ? members.length : members.size;
    if (this.#members > MOST_MEMBERS)
      throw new FileError(
        this.source,
        `names more than ${MOST_MEMBERS} values in its containers, too many for a network (a shared one counts wherever it is named)`,
      );
    for (const [key, member] of members.entries()) {
      if (except instanceof Set && except.has(key)) continue;
      if (typeof key === 'string' || typeof key === 'number') this.visit(member, joined(name, key), depth + 1);
      else if (member instanceof PickledTensor)
        throw new FileError(
          this.source,
          `keeps a tensor${placed(name)} under a key that is neither a text nor a number`,
        );
    }
  }

  #visitObject(object: PickledObject, name: string, depth: number): void {
    const [parameters, buffers, children] = ['_parameters', '_buffers', '_modules'].map((key) =>
      object.dictionary(key),
    );
    if (parameters && buffers && children) {
      this.#visitMembers(parameters, name, depth);
      this.#visitMembers(buffers, name, depth, object.state.get('_non_persistent_buffers_set'));
      this.#visitMembers(children, name, depth);
      return;
    }
    if (object.state.has('param_groups')) return;
    if (object.type.name === 'argparse.Namespace') {
      this.#visitMembers(object.state, name, depth);
      return;
    }
    throw new FileError(
      this.source,
      `holds an object of class ${object.type}${placed(name)}; only modules, tensors and plain containers are read`,
    );
  }
}

const placed = (name: string): string => (name === '' ? '' : ` at ${showName(name)}`);
const joined = (name: string, key: string | number): string => (name === '' ? String(key) : `${name}.${key}`);
