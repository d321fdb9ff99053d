import { captureEpochMs, grayFromRgba, gridChecksum, gridColumns, gridRows, readGrid } from './burnt-in-clock.mjs';

/** A picture with the grid drawn in it, by the description in burnt-in-clock.mjs. */
function draw({ width, height, rows }) {
  const pixels = new Uint8Array(width * height).fill(90);
  const blockWidth = (width * 0.4) / gridColumns;
  const blockHeight = (height * 64) / 720 / gridRows;
  for (let y = 0; y < Math.floor(blockHeight * gridRows); y += 1) {
    for (let x = 0; x < Math.floor(blockWidth * gridColumns); x += 1) {
      const bit = (rows[Math.floor(y / blockHeight)] / 2 ** (31 - Math.floor(x / blockWidth))) & 1;
      pixels[y * width + x] = bit ? 235 : 16;
    }
  }
  return pixels;
}

const rowsFor = (frame, captureMs32) => [0x55_55_55_55, frame, captureMs32, gridChecksum(frame, captureMs32)];

describe('the burnt-in clock', () => {
  it.each([
    [1280, 720],
    [640, 360],
    [320, 180],
  ])('is read at %i×%i', (width, height) => {
    const pixels = draw({ width, height, rows: rowsFor(123_456, 4_294_967_295) });
    expect(readGrid(pixels, width, height)).toEqual({ frame: 123_456, captureMs32: 4_294_967_295 });
  });

  it('refuses a picture with one wrong bit', () => {
    const [calibration, frame, capture, checksum] = rowsFor(7, 1000);
    const pixels = draw({ width: 640, height: 360, rows: [calibration, frame + 1, capture, checksum] });
    expect(readGrid(pixels, 640, 360)).toBeUndefined();
  });

  it('finds no grid in a plain picture', () => {
    expect(readGrid(new Uint8Array(640 * 360).fill(200), 640, 360)).toBeUndefined();
  });

  it('says how many pixels were expected', () => {
    expect(() => readGrid(new Uint8Array(10), 640, 360)).toThrow('640×360 gray pixels were expected, got 10 bytes');
  });

  it('has a checksum that is exact at the ends of the range', () => {
    const largest = 2 ** 32 - 1;
    const exact = (BigInt(largest) * 999_983n + BigInt(largest) * 1_000_003n) % 2n ** 32n;
    expect(gridChecksum(largest, largest)).toBe(Number(exact));
  });

  it('gives the full time back across the wrap of 32 bits', () => {
    const epochMs = 1_795_000_000_123;
    expect(captureEpochMs(epochMs % 2 ** 32, epochMs + 86_400_000)).toBe(epochMs);
    expect(captureEpochMs(2 ** 32 - 5, 2 ** 32 * 400 + 10)).toBe(2 ** 32 * 400 - 5);
  });

  it('weighs the colours of a canvas', () => {
    expect([...grayFromRgba([255, 255, 255, 255, 255, 0, 0, 255])]).toEqual([255, 76]);
  });
});
