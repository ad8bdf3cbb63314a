import { filmLicences, hasFilmLibraries, installFilmLibraries } from '@visage/photos/node';
import type { Command } from 'commander';

async function install(): Promise<void> {
  if (hasFilmLibraries()) {
    console.log('the packages of films are installed already');
    return;
  }
  console.log('installing what films need, from the npm registry, 78 MB:');
  for (const line of filmLicences) console.log(`  ${line}`);
  await installFilmLibraries();
  console.log('installed; `visage swap --target FILM` works now');
}

/** Adds `visage films`. */
export function addFilms(program: Command): void {
  const films = program.command('films').description('what films need besides the packages of photographs');
  films
    .command('install')
    .description('install the two packages that read, write and code films; one has parts under the GPL')
    .action(install);
}
