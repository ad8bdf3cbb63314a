// Runs inside the report: draws the charts with uPlot and moves the timeline's slider. The report embeds this file.
(() => {
  const colours = ['#2f7ed8', '#d9572b', '#3aa655', '#9a55c4', '#c9a227', '#28a3a3'];
  const charts = JSON.parse(document.getElementById('data').textContent);
  const smooth = document.getElementById('smooth');
  const holder = document.getElementById('charts');
  const ink = matchMedia('(prefers-color-scheme: dark)').matches ? '#bbb' : '#444';
  const axis = { stroke: ink, grid: { stroke: '#8883' }, ticks: { stroke: '#8883' } };

  /** Exponential moving average whose start is not drawn towards zero; gaps stay gaps. */
  const averaged = (values) => {
    let [sum, weight] = [0, 0];
    return values.map((value) => {
      if (value === null) return null;
      sum = 0.9 * sum + 0.1 * value;
      weight = 0.9 * weight + 0.1;
      return sum / weight;
    });
  };

  const draw = () => {
    holder?.replaceChildren();
    for (const { title, steps, curves, logarithmic, along = 'step', scattered } of charts) {
      const names = Object.keys(curves);
      const smoothed = !scattered && smooth?.checked && steps.length > 30;
      const lines = names.map((name) => (smoothed ? averaged(curves[name]) : curves[name]));
      const series = names.map((label, k) => ({
        label,
        stroke: colours[k % colours.length],
        width: 1.5,
        ...(scattered ? { paths: () => null, points: { show: true, size: 6 } } : { spanGaps: true }),
        value: (_, value) => (value === null || value === undefined ? '–' : value.toPrecision(4)),
      }));
      const options = {
        title,
        width: Math.max(320, holder.clientWidth / 2 - 16),
        height: 280,
        scales: { x: { time: false, distr: scattered ? 3 : 1 }, y: logarithmic ? { distr: 3 } : {} },
        axes: [
          { ...axis, label: scattered ? along : undefined },
          { ...axis, size: 70 }, // labels such as 25,000
        ],
        series: [{ label: along }, ...series],
      };
      new uPlot(options, [steps, ...lines], holder.appendChild(document.createElement('div')));
    }
  };
  smooth?.addEventListener('change', draw);
  draw();

  const slider = document.getElementById('when');
  slider?.addEventListener('input', () => {
    const pictures = document.querySelectorAll('#frames img');
    pictures.forEach((picture, k) => {
      picture.hidden = k !== Number(slider.value);
    });
    document.getElementById('now').textContent = pictures[slider.value].title;
  });
})();
