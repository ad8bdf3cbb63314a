import { createProgram } from './program.ts';
import { reportFailure } from './terminal/failure.ts';
import { endWithoutReader } from './terminal/interrupt.ts';

endWithoutReader();
try {
  await createProgram().parseAsync();
} catch (error) {
  reportFailure(error);
}
// Dawn's threads would keep the process alive, so the process ends explicitly.
process.exit();
