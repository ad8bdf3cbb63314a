import type { Gpu } from '@visage/gpu';

/** Threads of the subgroups for which the kernels for software adapters are written. */
export const SOFTWARE_SUBGROUP = 8;

/**
 * `true` if the device has subgroups of at least {@link SOFTWARE_SUBGROUP} threads, or the reason why not, for
 * `supports`.
 */
export function subgroupsOfEight({ device }: Gpu): true | string {
  if (!device.features.has('subgroups')) return 'needs the feature subgroups';
  const smallest = device.adapterInfo.subgroupMinSize;
  return (
    smallest >= SOFTWARE_SUBGROUP || `needs subgroups of ${SOFTWARE_SUBGROUP}, this adapter's may have ${smallest}`
  );
}

/** `true` if the device computes on the CPU, or the reason why a kernel for such devices declines, for `admits`. */
export const madeForSoftware = ({ adapter }: Gpu): true | string => adapter.software || 'made for software adapters';

/** Whether the device computes on the CPU, with subgroups that the kernels for it can use. */
export const hasSoftwareSubgroups = (gpu: Gpu): boolean => gpu.adapter.software && subgroupsOfEight(gpu) === true;

/** The size of every subgroup of a device, a power of two, or the reason why subgroups may differ. */
export function fixedSubgroup({ device }: Gpu): number | string {
  if (!device.features.has('subgroups')) return 'needs the feature subgroups';
  const { subgroupMinSize: least, subgroupMaxSize: most } = device.adapterInfo;
  return least === most ? least : `needs subgroups of one size, this adapter's have ${least} to ${most}`;
}
