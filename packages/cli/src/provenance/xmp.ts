import { VisageError } from '@visage/gpu';

/** The IPTC term for a picture that was composed with a trained model. */
const SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia';

// The packet wrapper and the keyword are those of the XMP specification, part 3; readers look for exactly these.
const KEYWORD = 'XML:com.adobe.xmp';
const PACKET = `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
  <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description rdf:about=""
      xmlns:xmp="http://ns.adobe.com/xap/1.0/"
      xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
      xmp:CreatorTool="Visage"
      Iptc4xmpExt:DigitalSourceType="${SOURCE_TYPE}"/>
  </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`;

const SIGNATURE_AND_HEADER = 8 + 25; // the PNG signature, then IHDR with its 13 bytes, length, type and checksum

/**
 * Marks a PNG file as made with a trained model: an iTXt chunk with an XMP packet right behind the header.
 *
 * @throws VisageError when the bytes are no PNG file.
 */
export function markAsSynthetic(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  if (png.length < SIGNATURE_AND_HEADER || view.getUint32(0) !== 0x89504e47) throw new VisageError('not a PNG file');
  const mark = textChunk(KEYWORD, PACKET);
  const out = new Uint8Array(png.length + mark.length);
  out.set(png.subarray(0, SIGNATURE_AND_HEADER));
  out.set(mark, SIGNATURE_AND_HEADER);
  out.set(png.subarray(SIGNATURE_AND_HEADER), SIGNATURE_AND_HEADER + mark.length);
  return out;
}

/** An uncompressed iTXt chunk: length, type, keyword ␀, two zero flags, empty language ␀, empty translation ␀, text, checksum. */
function textChunk(keyword: string, text: string): Uint8Array {
  const body = new TextEncoder().encode(`iTXt${keyword}\0\0\0\0\0${text}`);
  const chunk = new Uint8Array(4 + body.length + 4);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4); // the length leaves the type out
  chunk.set(body, 4);
  view.setUint32(4 + body.length, crc32(body));
  return chunk;
}

/** The checksum of PNG chunks: CRC-32 with the reflected polynomial 0xEDB88320. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
