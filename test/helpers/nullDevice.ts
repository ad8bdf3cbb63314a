/**
 * The device with subgroups of one size, as adapters have them: what the null backend says of itself is no adapter's.
 * `heard` is told of each text.
 */
export function deviceOf(device: GPUDevice, subgroup: number, heard: (code: string) => void = () => {}): GPUDevice {
  const adapterInfo = { subgroupMinSize: subgroup, subgroupMaxSize: subgroup };
  const createShaderModule = (descriptor: GPUShaderModuleDescriptor) => {
    heard(descriptor.code);
    return device.createShaderModule(descriptor);
  };
  return new Proxy(device, {
    get(target, key) {
      if (key === 'adapterInfo') return adapterInfo;
      if (key === 'createShaderModule') return createShaderModule;
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
