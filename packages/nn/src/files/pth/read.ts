/** @file PyTorch's own files (`.pth`, `.pt`, `.tar`), without Python: nothing in them is ever executed. */
import { FileError } from '../header.ts';
import { FileTensor, type WeightFile } from '../safetensors.ts';
import { readArchive } from './archive.ts';
import { collectTensors } from './collect.ts';
import { isLegacy, readLegacy } from './legacy.ts';
import { isZip } from './zip.ts';

/** Whether these bytes begin like a file of `torch.save`, old or new. */
export const isPth = (bytes: Uint8Array): boolean => isZip(bytes) || isLegacy(bytes);

/**
 * Reads a file of `torch.save`: a state dict, a checkpoint that holds one, or a whole pickled module.
 *
 * Its pickle is read as data: nothing in it is looked up or called. Only the functions that tensors and plain
 * containers need are recognised; other objects, such as the state of a learning rate schedule, are skipped and listed.
 * Every size is checked before anything is allocated by it. Tensors are unpacked when they are decoded, so that tensors
 * that are not asked for take no memory. Names are those of `state_dict()`, below the keys that lead there:
 * `generator.first_layer.1.weight`.
 *
 * @throws FileError in one line, for anything that is not a well-formed file with tensors in it.
 */
export async function readPth(bytes: Uint8Array, source = 'PyTorch file'): Promise<WeightFile> {
  if (!isPth(bytes)) {
    const tar = new TextDecoder().decode(bytes.subarray(257, 262)) === 'ustar';
    const instead = tar ? '; it is a tar archive, as PyTorch wrote before version 0.2, or with other files in it' : '';
    throw new FileError(source, `is not a file of torch.save${instead}`);
  }
  const legacy = isZip(bytes) ? undefined : readLegacy(bytes, source);
  const { tensors: pickled, passedOver } = collectTensors(legacy ? legacy.data : readArchive(bytes, source), source);
  legacy?.readStorages();
  const tensors = new Map<string, FileTensor>();
  for (const [name, tensor] of pickled)
    tensors.set(name, new FileTensor(name, tensor.storage.dtype, tensor.shape, () => tensor.bytes(), source));
  return { source, tensors, passedOver };
}
