import type { Gpu } from '@visage/gpu';

/** Lanes of the subgroups that kernels for software adapters are written for. */
export const SOFTWARE_SUBGROUP = 8;

/** Has the device subgroups of at least {@link SOFTWARE_SUBGROUP}? `true`, or the reason why not, as `supports` gives it. */
export function subgroupsOfEight({ device }: Gpu): true | string {
  if (!device.features.has('subgroups')) return 'needs the feature subgroups';
  const smallest = device.adapterInfo.subgroupMinSize;
  return (
    smallest >= SOFTWARE_SUBGROUP || `needs subgroups of ${SOFTWARE_SUBGROUP}, this adapter's may have ${smallest}`
  );
}

/** Does the device compute on the CPU? `true`, or the reason why a kernel for such devices does not take a problem, as `admits` gives it. */
export const madeForSoftware = ({ adapter }: Gpu): true | string => adapter.software || 'made for software adapters';

/** Does the device compute on the CPU with subgroups that kernels for it can use? */
export const hasSoftwareSubgroups = (gpu: Gpu): boolean => gpu.adapter.software && subgroupsOfEight(gpu) === true;

/** The size of all subgroups of a device, a power of two, or the reason why kernels cannot count on one. */
export function fixedSubgroup({ device }: Gpu): number | string {
  if (!device.features.has('subgroups')) return 'needs the feature subgroups';
  const { subgroupMinSize: least, subgroupMaxSize: most } = device.adapterInfo;
  return least === most ? least : `needs subgroups of one size, this adapter's have ${least} to ${most}`;
}
