/** @file Whose turn it is: faces of a data set in an order that is shuffled by counter. */
import { shuffledPlace } from '@visage/faces';
import type { DataPerson } from './dataSet.ts';

/** Streams of random numbers that differ from one another; the face sampler has others. */
const [PEOPLE_STREAM, FACE_STREAM] = [0x70657273, 0x66616365]; // "pers", "face"

/**
 * The person and the face, numbered among that person's, of a draw. Everybody has a turn before anybody has another, in
 * an order that is new each time, and all of somebody's faces come before one comes again. Depends on the arguments
 * alone.
 */
export function turnOf(people: readonly DataPerson[], draw: number, seed: number): { person: number; face: number } {
  const turn = Math.floor(draw / people.length);
  const person = shuffledPlace(draw % people.length, people.length, seed, PEOPLE_STREAM, turn);
  const { length } = (people[person] as DataPerson).faces;
  const stream = (FACE_STREAM + person) % 2 ** 32;
  return { person, face: shuffledPlace(turn % length, length, seed, stream, Math.floor(turn / length)) };
}
