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
 * The pickle in it is read as data. Only instructions and functions that tensors, modules and plain containers need are known; everything else is
 * refused by name, and every size is checked before anything is allocated by it. The tensors are views of `bytes` until they are decoded.
 * Names are those of `state_dict()`, below the keys that lead there: `generator.first_layer.1.weight`.
 *
 * @throws FileError in one line, for anything that is not a well-formed file with tensors in it.
 */
export async function readPth(bytes: Uint8Array, source = 'PyTorch file'): Promise<WeightFile> {
  if (!isPth(bytes)) {
    const tar = new TextDecoder().decode(bytes.subarray(257, 262)) === 'ustar';
    const instead = tar ? '; it is a tar archive, as PyTorch wrote before version 0.2, or with other files in it' : '';
    throw new FileError(source, `is not a file of torch.save${instead}`);
  }
  const root = isZip(bytes) ? await readArchive(bytes, source) : readLegacy(bytes, source);
  const tensors = new Map<string, FileTensor>();
  for (const [name, tensor] of collectTensors(root, source)) {
    tensors.set(name, new FileTensor(name, tensor.storage.dtype, tensor.shape, () => tensor.bytes(), source));
  }
  if (tensors.size === 0) throw new FileError(source, 'holds no tensors');
  return { source, tensors };
}
