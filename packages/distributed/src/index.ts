/**
 * @file Data-parallel training over MPI. The rooms in import order:
 *
 * - mpi/: the library that is found at run time, called through koffi; memory that the ranks of a host share.
 * - exchange/: gradients in buckets: packed, sent, averaged on the devices, unpacked.
 * - ranks/: the ranks of a job: which GPU each takes, who has died or hangs.
 * - launch/: starts the ranks.
 */
export { BucketExchange } from './exchange/exchange.ts';
export { type ExchangeTimes, gathersWhole, type PlanOptions } from './exchange/plan.ts';
export type { Message, Messages, Transport } from './exchange/transport.ts';
export { type LaunchOptions, type LaunchResult, launchRanks } from './launch/launcher.ts';
export { loopback } from './mpi/loopback.ts';
export { Mpi, type Route } from './mpi/mpi.ts';
export { chosenGpus, type HostGpu, type RankDevice, refuseSharedGpus } from './ranks/devices.ts';
export { lanesIn, RANKS_FOLDER, type RankEnvironment, rankEnvironment } from './ranks/environment.ts';
export { describeRank, Job, JobExchange, type RankName } from './ranks/job.ts';
