/**
 * A clock in the picture that machines read: a grid of 32 × 4 blocks, black or white, in the top-left corner.
 *
 * The grid covers 40 % of the width and 64/720 of the height (16-pixel blocks at 1280×720, 4-pixel blocks at 320×180). Each row is a 32-bit number,
 * most significant bit left, white = 1:
 *   row 0  calibration: black, white, black, … (gives the threshold, and tells a grid from any other picture)
 *   row 1  frame counter from 0 at the encoder's start, mod 2^32
 *   row 2  capture time, milliseconds since the Unix epoch, mod 2^32
 *   row 3  checksum: (row1 × 999983 + row2 × 1000003) mod 2^32
 *
 * No Node imports: pages import this file too.
 */
export const gridColumns = 32;
export const gridRows = 4;

const wordRange = 2 ** 32;
// Below 2^20, so that their product with a 32-bit number is exact in a double, in JavaScript and in ffmpeg's expressions alike.
const frameFactor = 999_983;
const timeFactor = 1_000_003;
const widthShare = 0.4;
const heightShare = 64 / 720;
const minimumContrast = 60;

/** Row 3 for given rows 1 and 2. @param {number} frame @param {number} captureMs32 */
export function gridChecksum(frame, captureMs32) {
  return (((frame * frameFactor) % wordRange) + ((captureMs32 * timeFactor) % wordRange)) % wordRange;
}

/**
 * Mean of the middle of one block, where scaling and compression blur least.
 * @param {{ pixels: ArrayLike<number>, width: number, height: number }} picture
 * @param {{ column: number, row: number }} block
 */
function blockLevel({ pixels, width, height }, { column, row }) {
  const blockWidth = (width * widthShare) / gridColumns;
  const blockHeight = (height * heightShare) / gridRows;
  const left = Math.round((column + 0.3) * blockWidth);
  const top = Math.round((row + 0.3) * blockHeight);
  const right = Math.max(left + 1, Math.round((column + 0.7) * blockWidth));
  const bottom = Math.max(top + 1, Math.round((row + 0.7) * blockHeight));
  let sum = 0;
  for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) sum += pixels[y * width + x];
  return sum / ((right - left) * (bottom - top));
}

/** @param {number[]} levels of the calibration row @returns {number | undefined} threshold, undefined when this is no grid */
function calibrate(levels) {
  const black = levels.filter((_, column) => column % 2 === 0);
  const white = levels.filter((_, column) => column % 2 === 1);
  const darkestWhite = Math.min(...white);
  const brightestBlack = Math.max(...black);
  return darkestWhite - brightestBlack < minimumContrast ? undefined : (darkestWhite + brightestBlack) / 2;
}

/**
 * Reads the grid of a whole picture.
 * @param {ArrayLike<number>} grayPixels one byte per pixel, row by row
 * @param {number} width pixels
 * @param {number} height pixels
 * @returns {{ frame: number, captureMs32: number } | undefined} undefined when there is no grid or its checksum is wrong
 */
export function readGrid(grayPixels, width, height) {
  if (grayPixels.length < width * height) {
    throw new RangeError(`${width}×${height} gray pixels were expected, got ${grayPixels.length} bytes`);
  }
  const picture = { pixels: grayPixels, width, height };
  const levels = (row) => Array.from({ length: gridColumns }, (_, column) => blockLevel(picture, { column, row }));
  const threshold = calibrate(levels(0));
  if (threshold === undefined) return undefined;
  const word = (row) => levels(row).reduce((value, level) => value * 2 + (level > threshold ? 1 : 0), 0);
  const [frame, captureMs32, checksum] = [word(1), word(2), word(3)];
  return checksum === gridChecksum(frame, captureMs32) ? { frame, captureMs32 } : undefined;
}

/** One gray byte per pixel from RGBA (a canvas's ImageData.data), ITU-R BT.601 weights. @param {ArrayLike<number>} rgba @returns {Uint8Array} */
export function grayFromRgba(rgba) {
  const gray = new Uint8Array(rgba.length / 4);
  for (let index = 0; index < gray.length; index += 1) {
    gray[index] = (rgba[index * 4] * 299 + rgba[index * 4 + 1] * 587 + rgba[index * 4 + 2] * 114) / 1000;
  }
  return gray;
}

/** The full time that a capture time mod 2^32 stands for, given any moment within 24 days of it. @param {number} captureMs32 @param {number} nearEpochMs */
export function captureEpochMs(captureMs32, nearEpochMs) {
  return captureMs32 + Math.round((nearEpochMs - captureMs32) / wordRange) * wordRange;
}

/**
 * Seconds from `originEpochS` to the first frame or sample, read from the wall clock once and kept in register 0 of an ffmpeg expression.
 * @param {number} originEpochS
 */
const firstInstant = (originEpochS) => `st(0,if(ld(1),ld(0),time(0)-${originEpochS}));st(1,1)`;

/**
 * An ffmpeg filter chain that makes the grid at its full size.
 * @param {{ width: number, height: number, frameRate: number, originEpochS: number }} options `originEpochS`: any whole second near the start
 * @returns {string}
 */
export function gridFilter({ width, height, frameRate, originEpochS }) {
  const originMs32 = (originEpochS * 1000) % wordRange;
  const luma = [
    firstInstant(originEpochS),
    `st(2,mod(${originMs32}+floor((ld(0)+T)*1000+0.5),${wordRange}))`,
    `st(3,mod(mod(N*${frameFactor},${wordRange})+mod(ld(2)*${timeFactor},${wordRange}),${wordRange}))`,
    'st(4,if(eq(Y,1),N,if(eq(Y,2),ld(2),ld(3))))',
    `16+219*if(eq(Y,0),mod(X,2),mod(floor(ld(4)/pow(2,${gridColumns - 1}-X)),2))`,
  ].join(';');
  // One thread: each thread has registers of its own, and would take a first instant of its own.
  const grid = `geq=lum='${luma}':cb=128:cr=128:threads=1`;
  const size = `${Math.round(width * widthShare)}:${Math.round(height * heightShare)}`;
  return `color=black:s=${gridColumns}x${gridRows}:r=${frameRate},format=yuv420p,${grid},scale=${size}:flags=neighbor`;
}

/**
 * A quiet tone with an 80 ms beep at each whole second of wall-clock time, as an ffmpeg audio source.
 * @param {{ sampleRate: number, originEpochS: number }} options
 */
export function beepSource({ sampleRate, originEpochS }) {
  const tone = '0.01*sin(2*PI*220*t)+0.3*sin(2*PI*1000*t)*lt(mod(ld(0)+t,1),0.08)';
  return `aevalsrc='${firstInstant(originEpochS)};${tone}':s=${sampleRate}:c=stereo`;
}

/**
 * Date, time and frame number for people, as an ffmpeg filter. Bottom left, clear of the grid.
 * @param {{ fontFile: string, height: number }} options
 */
export function humanClockFilter({ fontFile, height }) {
  const text = String.raw`%{gmtime\:%Y-%m-%d %H\\\:%M\\\:%S} UTC  frame %{n}`;
  const size = Math.round(height / 20);
  const file = fontFile.replaceAll(/([\\':,;[\]])/g, String.raw`\$1`);
  return `drawtext=fontfile='${file}':fontsize=${size}:fontcolor=white:box=1:boxcolor=black@0.6:x=${size}:y=h-5*${size}:text='${text}'`;
}
