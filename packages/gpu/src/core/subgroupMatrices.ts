const PROBE = `enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
@group(0) @binding(0) var<storage, read_write> out : array<f32>;

@compute @workgroup_size(128)
fn main() {
  let left = subgroup_matrix_left<f16, 16, 16>();
  let right = subgroup_matrix_right<f16, 16, 16>();
  let sums = subgroupMatrixMultiplyAccumulate(left, right, subgroup_matrix_result<f32, 16, 16>());
  subgroupMatrixStore<row_major>(&out, 0u, sums, 16u);
}
`;

/**
 * Can the subgroups of a device multiply 16 x 16 matrices of f16 with f32 accumulators?
 *
 * To find out, such a kernel is compiled. Dawn has a list of the sizes, `subgroupMatrixConfigs`, but it is empty in
 * Node (webgpu 0.6.2) even on devices on which the kernel runs.
 */
export async function multipliesMatrices(device: GPUDevice): Promise<boolean> {
  const needed = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix'];
  if (needed.some((feature) => !device.features.has(feature))) return false;
  for (const filter of ['validation', 'internal'] as const) device.pushErrorScope(filter);
  const module = device.createShaderModule({ label: 'matrix probe', code: PROBE });
  device.createComputePipeline({ label: 'matrix probe', layout: 'auto', compute: { module, entryPoint: 'main' } });
  const errors = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  return errors.every((error) => error === null);
}
