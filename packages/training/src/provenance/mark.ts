/** @file Marks swapped pictures as synthetic: with machine-readable metadata in the file, and with a visible label. */
import { drawText, type Image, textWidth } from '@visage/faces';
import { writePng } from '@visage/faces/node';

/** The IPTC digital source type of a picture that was composed with a trained model. */
export const SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia';

// The packet wrapper and the keyword come from the XMP specification, part 3. Readers look for exactly these.
const XMP_KEYWORD = 'XML:com.adobe.xmp';
const XMP_PACKET = `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
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

/** Writes a picture with swapped faces as a PNG file whose XMP packet declares it as synthetic. */
export const writeMarkedPng = (path: string, picture: Image): Promise<void> =>
  writePng(path, picture, { texts: { [XMP_KEYWORD]: XMP_PACKET } });

/**
 * Draws a label into the lower right corner of a picture, in place: white text on a darkened box. The text is
 * "SYNTHETIC", or "AI" where that would take more than half the width.
 */
export function drawLabel(picture: Image): void {
  const { width, height, data } = picture;
  const scale = Math.max(1, Math.floor(width / 120));
  const text = textWidth('SYNTHETIC') * scale <= width / 2 ? 'SYNTHETIC' : 'AI';
  const [boxWidth, boxHeight] = [(textWidth(text) + 2) * scale, 8 * scale];
  const [left, top] = [Math.max(0, width - boxWidth), Math.max(0, height - boxHeight)];
  for (let y = top; y < height; y++) {
    for (let at = (y * width + left) * 3; at < (y + 1) * width * 3; at++) data[at] = 0.3 * (data[at] as number);
  }
  drawText(picture, text, left + Math.floor(1.5 * scale), top + Math.floor(1.5 * scale), scale);
}
