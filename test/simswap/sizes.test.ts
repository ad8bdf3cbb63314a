/** @file Pictures of ever other sizes take no more memory than a few of them, on a device that counts. */
import type { Gpu } from '@visage/gpu';
import { seeded } from '@visage/nn';
import { Generator, IResNet, Swapper } from '@visage/simswap';
import { scope, zeros } from '@visage/tensor';
import { suite } from 'uvu';
import { is, ok, throws } from 'uvu/assert';
import { countingGpu } from '../../bench/core/countingDevice.ts';
import { narrow, narrowIResNet } from './narrowNetworks.ts';

const test = suite('many sizes');

/** Counts the bytes of device buffers that exist. */
function countMemory({ device }: Gpu): { bytes: number } {
  const counted = { bytes: 0 };
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    counted.bytes += descriptor.size;
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      counted.bytes -= descriptor.size;
      return destroy();
    };
    return buffer;
  };
  return counted;
}

const makeSwapper = () =>
  seeded(
    1,
    () => new Swapper({ generator: new Generator({ ...narrow, width: 1 / 4 }), identity: new IResNet(narrowIResNet) }),
  );

test('two hundred sizes of targets and dozens of numbers of sources', () => {
  const gpu = countingGpu();
  const memory = countMemory(gpu);
  const swapper = makeSwapper();
  const swap = (height: number, width: number, count = 1) =>
    scope(() => {
      const target = zeros([count, height, width, 3]);
      swapper.swapImages(target, zeros([count, 112, 112, 3]));
    });
  const at: number[] = [];
  for (let k = 0; k < 200; k++) {
    swap(512 + 8 * (k % 20), 512 + 8 * Math.floor(k / 20));
    at.push(memory.bytes);
  }
  const early = Math.max(...at.slice(0, 40));
  const late = Math.max(...at.slice(40));
  ok(late < 1.5 * early, `${late / 2 ** 20} MiB after ${early / 2 ** 20}`);
  const { live } = gpu.memory;
  for (let count = 1; count <= 40; count++) scope(() => swapper.latent(zeros([count, 112, 112, 3])));
  for (let count = 1; count <= 8; count++) scope(() => swapper.latent(zeros([count, 112, 112, 3])));
  ok(gpu.memory.live < 1.2 * live, `${gpu.memory.live} bytes in use, ${live} before`);
  const before = gpu.memory.live;
  for (let k = 0; k < 3; k++) swap(512, 512);
  const after = gpu.memory.live;
  swap(512, 512);
  is(gpu.memory.live, after);
  ok(after <= before * 1.2);
  swapper.dispose();
  ok(gpu.pipelines.size <= 8192, `${gpu.pipelines.size} kernels kept`);
});

test('the latest eight sizes are kept recorded', () => {
  const gpu = countingGpu();
  const swapper = makeSwapper();
  const like = (side: number) => zeros([1, side, side, 3]);
  const [first, second] = [swapper.recorded(like(64)), swapper.recorded(like(72))];
  for (let k = 0; k < 7; k++) {
    swapper.recorded(like(80 + 8 * k));
    is(swapper.recorded(like(64)), first);
  }
  is.not(swapper.recorded(like(72)), second);
  throws(() => second.run(), /was disposed/);
  const { live } = gpu.memory;
  swapper.dispose();
  ok(gpu.memory.live < live);
});

test.run();
