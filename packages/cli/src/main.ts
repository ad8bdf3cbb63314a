import { createProgram } from './program.ts';
import { reportFailure } from './terminal/failure.ts';
import { endWithoutReader } from './terminal/interrupt.ts';

endWithoutReader();
try {
  await createProgram().parseAsync();
} catch (error) {
  reportFailure(error);
}
// Dawn keeps threads that would hold the process open.
process.exit();
