/** @file The page of a set: a small picture of every face, and why some were left out. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Candidate } from '../../sets/candidate.ts';

const SIDE = 72; // pixels of a small picture
const COLUMNS = 20; // small pictures in a row of a sheet, and rows
const PER_SHEET = COLUMNS * COLUMNS;
const PER_PAGE = 2000; // faces on a page, after which the next person begins a new one
const FOLDER = 'thumbnails';

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (letter) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[letter]};`);

/** The small picture of a face: SIDE² pixels of red, green and blue. */
export const thumbnailOf = (jpeg: Uint8Array): Promise<Uint8Array> =>
  sharp(jpeg).resize(SIDE, SIDE).removeAlpha().toColourspace('srgb').raw().toBuffer();

/** A person on a page. */
interface Row {
  readonly person: string;
  readonly kept: string[];
  readonly left: string[];
}

/**
 * Pages of small pictures, which are collected in sheets: 400 faces in one JPEG file. The first page is `index.html`;
 * others follow when there are more than 2000 faces.
 */
export class ThumbnailPages {
  readonly #out: string;
  #sheet = new Uint8Array(3 * PER_SHEET * SIDE * SIDE);
  #faces = 0;
  #rows: Row[] = [];
  #onPage = 0;
  #page = 1;
  /** The body of the first page, which is written last, because it begins with the summary. */
  #first = '';

  constructor(out: string) {
    this.#out = out;
  }

  /** Begins the row of a person. */
  async begin(person: string): Promise<void> {
    if (this.#onPage >= PER_PAGE) await this.#endPage(true);
    this.#rows.push({ person, kept: [], left: [] });
  }

  /** Adds a face to the row, with its small picture of {@link thumbnailOf}. */
  async add(face: Candidate, small: Uint8Array, reason: string | undefined): Promise<void> {
    const place = this.#faces % PER_SHEET;
    const [left, top] = [SIDE * (place % COLUMNS), SIDE * Math.floor(place / COLUMNS)];
    for (let y = 0; y < SIDE; y++)
      this.#sheet.set(small.subarray(3 * SIDE * y, 3 * SIDE * (y + 1)), 3 * ((top + y) * SIDE * COLUMNS + left));
    const { pose, eyes, sharpness, source } = face;
    const turned = `turned ${pose.yaw.toFixed(0)}°, nodding ${pose.pitch.toFixed(0)}°`;
    const title = escaped(
      `${source}\n${eyes.toFixed(0)} px between the eyes, sharpness ${sharpness.toFixed(0)}, ${turned}`,
    );
    const sheet = Math.floor(this.#faces / PER_SHEET);
    const tile = `<i class="s${sheet}" style="background-position:-${left}px -${top}px" title="${title}"></i>`;
    const row = this.#rows.at(-1);
    if (reason === undefined) row?.kept.push(tile);
    else row?.left.push(`<figure>${tile}<figcaption>${escaped(reason)}</figcaption></figure>`);
    this.#onPage++;
    if (++this.#faces % PER_SHEET === 0) await this.#writeSheet(sheet);
  }

  async #writeSheet(number: number): Promise<void> {
    await mkdir(join(this.#out, FOLDER), { recursive: true });
    const side = SIDE * COLUMNS;
    const image = sharp(this.#sheet, { raw: { width: side, height: side, channels: 3 } });
    await image.jpeg({ quality: 85 }).toFile(join(this.#out, sheetName(number)));
    this.#sheet.fill(0);
  }

  async #endPage(more: boolean): Promise<void> {
    const links = [
      this.#page > 1 ? link(this.#page - 1, 'previous page') : '',
      more ? link(this.#page + 1, 'next page') : '',
    ];
    const body = `${this.#rows.map(rowOf).join('\n')}\n<p>${links.filter(Boolean).join(' · ')}</p>`;
    if (this.#page === 1) this.#first = body;
    else await writeFile(join(this.#out, pageName(this.#page)), documentOf(body, this.#sheets()));
    this.#rows = [];
    this.#onPage = 0;
    if (more) this.#page++;
  }

  #sheets(): number {
    return Math.ceil(this.#faces / PER_SHEET);
  }

  /** Writes what is left, and the first page with the summary above its faces. */
  async finish(title: string, leftOut: ReadonlyMap<string, number>): Promise<void> {
    if (this.#faces % PER_SHEET > 0) await this.#writeSheet(this.#sheets() - 1);
    await this.#endPage(false);
    const reasons = [...leftOut].map(([reason, count]) => `<tr><td>${count}</td><td>${escaped(reason)}</td></tr>`);
    const table = reasons.length === 0 ? '' : `<h2>Left out</h2>\n<table>${reasons.join('\n')}</table>`;
    const note = '<p>All of it, with pictures without faces: <a href="left-out.jsonl">left-out.jsonl</a></p>';
    const body = `<h1>${escaped(title)}</h1>\n${table}\n${note}\n${this.#first}`;
    await writeFile(join(this.#out, pageName(1)), documentOf(body, this.#sheets()));
  }
}

const sheetName = (number: number): string => `${FOLDER}/${String(number).padStart(5, '0')}.jpg`;
const pageName = (page: number): string => (page === 1 ? 'index.html' : `page-${String(page).padStart(5, '0')}.html`);
const link = (page: number, text: string): string => `<a href="${pageName(page)}">${text}</a>`;

function rowOf({ person, kept, left }: Row): string {
  const name = person === '' ? 'nobody' : escaped(person);
  const counts = left.length === 0 ? `${kept.length}` : `${kept.length}, ${left.length} left out`;
  const leftOut = left.length === 0 ? '' : `\n<div class="left">${left.join('\n')}</div>`;
  return `<section><h3>${name} <small>${counts}</small></h3>\n<div>${kept.join('\n')}</div>${leftOut}</section>`;
}

function documentOf(body: string, sheets: number): string {
  const classes = Array.from({ length: sheets }, (_, k) => `.s${k}{background-image:url(${sheetName(k)})}`);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Faces of a set</title>
<style>
body{font:15px system-ui,sans-serif;margin:2em;color:#222;background:#fff}
i{display:inline-block;width:${SIDE}px;height:${SIDE}px;margin:1px}
section{content-visibility:auto;contain-intrinsic-size:auto 120px}
h3{margin:1em 0 .3em}small{color:#666;font-weight:normal}
td{padding:.1em .8em .1em 0}td:first-child{text-align:right}
.left{display:flex;flex-wrap:wrap;gap:4px;margin-top:.3em}
figure{margin:0;width:130px;border-top:3px solid #c33;padding-top:3px}
figcaption{font-size:12px;line-height:1.25;overflow-wrap:anywhere}
${classes.join('')}
</style>
<body>
${body}
</body></html>
`;
}
