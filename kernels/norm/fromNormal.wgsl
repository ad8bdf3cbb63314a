// x̂ given as it is: the input of the kernel has mean 0 and deviation 1 already.
//
// Part of gradSums.wgsl and gradApply.wgsl for gradients of gradients. Prelude: alias V.
struct Channel {
  rstd : V,
}

fn channelAt(outer : u32, c : u32) -> Channel {
  return Channel(V(1.0));
}

fn normalOf(value : V, channel : Channel) -> V {
  return value;
}
