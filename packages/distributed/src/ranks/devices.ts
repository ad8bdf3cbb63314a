/**
 * @file Which GPU a rank takes. Dawn names no device and takes no number: it opens the first one that Vulkan shows. So
 * a rank lets Vulkan show it a single one, before it opens the device.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { VisageError } from '@visage/gpu';

/** A GPU of this host. */
export interface HostGpu {
  /** PCI address, such as `0000:41:00.0`. */
  readonly pci: string;
  /** NVIDIA's name for it, such as `GPU-1a2b…`. */
  readonly uuid?: string;
}

/** Lines of a query of nvidia-smi, cut at commas; none where there is no such program. */
function nvidiaSmi(query: string): string[][] {
  try {
    const text = execFileSync('nvidia-smi', [`--query-${query}`, '--format=csv,noheader'], {
      encoding: 'utf8',
      timeout: 20_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(', '));
  } catch {
    return [];
  }
}

const PCI = '/sys/bus/pci/devices';
/** PCI vendors of GPUs that compute, the likeliest to be meant first. A server's console has a display adapter too. */
const VENDORS = ['0x10de', '0x1002', '0x8086'];

/** GPUs by PCI class, of the first vendor that has any. */
function pciGpus(): HostGpu[] {
  const read = (address: string, file: string) => readFileSync(`${PCI}/${address}/${file}`, 'utf8').trim();
  try {
    const displays = readdirSync(PCI).filter((address) => /^0x030[02]/.test(read(address, 'class')));
    const of = (vendor: string) => displays.filter((address) => read(address, 'vendor') === vendor).sort();
    const addresses = VENDORS.map(of).find(({ length }) => length > 0) ?? [];
    return addresses.map((pci) => ({ pci }));
  } catch {
    return [];
  }
}

/** `00000000:41:00.0`, as nvidia-smi writes it, with the four digits that everybody else takes. */
const shortAddress = (text: string): string => text.toLowerCase().slice(-12);

/** The GPUs of this host, in the order of their PCI addresses. */
function hostGpus(): HostGpu[] {
  const nvidia = nvidiaSmi('gpu=pci.bus_id,uuid').map(([pci = '', uuid]) => ({ pci: shortAddress(pci), uuid }));
  return nvidia.length > 0 ? nvidia.sort((a, b) => (a.pci < b.pci ? -1 : 1)) : pciGpus();
}

/**
 * The GPUs that the user chose by `VISAGE_GPUS` or `CUDA_VISIBLE_DEVICES`, numbers or UUIDs in the wanted order; all
 * where neither is set.
 *
 * @throws VisageError for one that there is not.
 */
export function chosenGpus(gpus: readonly HostGpu[], env: NodeJS.ProcessEnv = process.env): readonly HostGpu[] {
  const name = env.VISAGE_GPUS ? 'VISAGE_GPUS' : 'CUDA_VISIBLE_DEVICES';
  const choice = env[name];
  if (!choice || gpus.length === 0) return gpus;
  return choice.split(',').map((text) => {
    const each = text.trim();
    const found = /^\d+$/.test(each) ? gpus[Number(each)] : gpus.find(({ uuid }) => uuid?.startsWith(each));
    if (found) return found;
    const all = gpus.map(({ pci }, k) => `${k} (${pci})`).join(', ');
    throw new VisageError(`${name}=${choice}: there is no GPU ${each}; this host has ${all}`);
  });
}

/**
 * Lets Vulkan show this process a single GPU. It must be called before the device is opened. A layer of Mesa obeys,
 * whatever the driver; where it is not installed nothing happens, which {@link refuseSharedGpus} finds.
 *
 * @returns the GPU, or `undefined` where only one is visible or none is known.
 * @throws VisageError when the host has fewer GPUs than ranks.
 */
export function takeGpu(
  localRank: number,
  localRanks: number,
  env: NodeJS.ProcessEnv = process.env,
): HostGpu | undefined {
  const all = hostGpus();
  const gpus = chosenGpus(all, env);
  if (all.length < 2) return gpus[0]; // a container or Slurm may show each rank another one
  // A launcher may have chosen one for each rank. Otherwise the first rank of the host takes the first.
  const own = gpus.length === 1 ? gpus[0] : gpus[localRank];
  if (!own) throw new VisageError(`${localRanks} ranks on a host with ${gpus.length} GPUs; start at most as many`);
  return show(own, env);
}

function show(gpu: HostGpu, env: NodeJS.ProcessEnv): HostGpu {
  env.DRI_PRIME = `pci-${gpu.pci.replace(/[:.]/g, '_')}!`; // `!`: this one alone
  delete env.DISPLAY; // an X server elsewhere would hide all but one GPU of NVIDIA
  return gpu;
}

/** The GPU on which a process computes, by NVIDIA's name; `undefined` where that cannot be told, as in containers. */
export function computesOn(pid: number): string | undefined {
  return nvidiaSmi('compute-apps=pid,gpu_uuid').find(([number]) => Number(number) === pid)?.[1];
}

/** What a rank says of its device. */
export interface RankDevice {
  readonly host: string;
  readonly software: boolean;
  /** NVIDIA's name of the GPU that it was found to compute on. */
  readonly uuid?: string;
}

/** Allows several ranks on a software adapter, which has one device; for tests. */
const SHARE_SOFTWARE = 'VISAGE_SHARE_SOFTWARE';

/**
 * @returns a warning where it cannot be told which GPUs the ranks of a host have.
 * @throws VisageError when two ranks compute on one device.
 */
export function refuseSharedGpus(
  devices: readonly RankDevice[],
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  let warning: string | undefined;
  for (const [rank, device] of devices.entries()) {
    const { host, software, uuid } = device;
    const neighbour = devices.findIndex((other, k) => k < rank && other.host === host && other.software === software);
    if (neighbour < 0) continue;
    if (software) {
      if (env[SHARE_SOFTWARE] === '1') continue;
      throw new VisageError(
        `ranks ${neighbour} and ${rank} both compute on the software adapter of ${host}, which makes neither faster; start one rank there, or set ${SHARE_SOFTWARE}=1 for a test`,
      );
    }
    const same = devices.findIndex((other, k) => k < rank && uuid !== undefined && other.uuid === uuid);
    if (same >= 0)
      throw new VisageError(
        `ranks ${same} and ${rank} both compute on ${uuid} of ${host}; install mesa-vulkan-drivers, whose layer lets each rank see one GPU, or start with --isolate`,
      );
    if (uuid === undefined)
      warning = `which GPUs the ranks of ${host} compute on cannot be told here; see that nvidia-smi shows work on each`;
  }
  return warning;
}
