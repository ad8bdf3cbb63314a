/** @file Finds the tensors in what a file has pickled, and gives each its dotted name. */
import { FileError, showName } from '../header.ts';
import type { PassedOver } from '../safetensors.ts';
import { PickledTensor } from './tensors.ts';
import { PickledObject } from './values.ts';

const DEEPEST = 64;
const LONGEST_NAME = 1000;
const MOST_MEMBERS = 1_000_000; // shared containers are visited once per path: a small pickle can name very many

/** What a file holds, by name. */
export interface Collected {
  readonly tensors: ReadonlyMap<string, PickledTensor>;
  readonly passedOver: readonly PassedOver[];
}

/**
 * Tensors by name: keys of dictionaries, indices of lists and attributes of modules, joined by dots.
 *
 * A whole module counts as its parameters, persistent buffers and children, as its `state_dict()` does. A `Namespace`
 * of a script's options, and an object of a class that derives from `dict` or `list`, count as the container that they
 * are. An optimizer object, which old checkpoints keep beside their network, is passed over, as numbers, texts and
 * functions are. All else is passed over and listed: whether it is in the way depends on where the network lies that is
 * wanted.
 *
 * @throws FileError that says what the first object is, if there is no tensor at all.
 */
export function collectTensors(root: unknown, source: string): Collected {
  const collector = new Collector(source);
  collector.visit(root, '', 0);
  const { tensors, passedOver } = collector;
  const [first] = passedOver;
  if (tensors.size === 0) throw new FileError(source, first?.problem ?? 'holds no tensors');
  return { tensors, passedOver };
}

class Collector {
  readonly tensors = new Map<string, PickledTensor>();
  readonly passedOver: PassedOver[] = [];
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
    if (this.tensors.has(key)) throw new FileError(this.source, `holds two tensors called ${showName(key)}`);
    this.tensors.set(key, tensor);
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
      else if (member instanceof PickledTensor) {
        const problem = `keeps a tensor${placed(name)} under a key that is neither a text nor a number`;
        this.passedOver.push({ name, type: 'tensor without a name', problem });
      }
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
    const members = object.items ?? (object.type.name === 'argparse.Namespace' ? object.state : undefined);
    if (members) {
      this.#visitMembers(members, name, depth);
      return;
    }
    const reads = 'only modules, tensors and plain containers are read';
    const problem = object.refused ?? `holds an object of class ${object.type}${placed(name)}; ${reads}`;
    this.passedOver.push({ name, type: object.type.name, problem });
  }
}

const placed = (name: string): string => (name === '' ? '' : ` at ${showName(name)}`);
const joined = (name: string, key: string | number): string => (name === '' ? String(key) : `${name}.${key}`);
