/**
 * in-view.ts: which pictures that are not here yet does the visitor look at?
 * CONTRACT  asks the browser, which knows at the next frame: no layout is forced.
 */
export function picturesInView(tell: (urls: string[]) => void): void {
  const observer = new IntersectionObserver((entries) => {
    observer.disconnect();
    const seen = entries.filter((entry) => entry.isIntersecting);
    // currentSrc may be empty until the first bytes are there.
    const images = seen.map(({ target }) => target as HTMLImageElement);
    tell(images.map(({ currentSrc, src }) => currentSrc || src));
  });
  for (const image of document.images) if (!image.complete) observer.observe(image);
}
