//! Lines, as SVG.

use plotters::prelude::*;

/// A diagram.
pub struct Plot<'a> {
    /// Above it.
    pub title: &'a str,
    /// Below it.
    pub x: &'a str,
    /// Beside it.
    pub y: &'a str,
    /// Steps of x by factors.
    pub logarithmic: bool,
    /// Names, and their points; at most six, ours the last.
    pub lines: Vec<(&'a str, Vec<(f64, f64)>)>,
}

/// Told apart also by those who don't tell red from green. The last line is ours.
const COLORS: [RGBColor; 5] = [
    RGBColor(0, 0, 0),
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(204, 121, 167),
];
const OURS: RGBColor = RGBColor(0, 158, 115);

const SIZE: (u32, u32) = (920, 380);
/// Right of it stand the names.
const WIDTH: i32 = 700;

impl Plot<'_> {
    /// The text of an SVG file.
    pub fn svg(&self) -> String {
        let mut svg = String::new();
        self.draw(&mut svg).expect("a string takes it");
        svg
    }

    fn style(&self, line: usize) -> ShapeStyle {
        if line + 1 == self.lines.len() { OURS.stroke_width(4) } else { COLORS[line].stroke_width(2) }
    }

    fn draw(&self, svg: &mut String) -> Result<(), Box<dyn std::error::Error + '_>> {
        let points = || self.lines.iter().flat_map(|(_, points)| points);
        let from = points().map(|(x, _)| *x).fold(f64::MAX, f64::min);
        let to = points().map(|(x, _)| *x).fold(f64::MIN, f64::max);
        let top = points().map(|(_, y)| *y).fold(f64::MIN, f64::max) * 1.05;
        let digits = usize::from(top < 10.0);

        let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let (chart, names) = area.split_horizontally(WIDTH);
        let mut builder = ChartBuilder::on(&chart);
        builder
            .caption(self.title, ("sans-serif", 17))
            .margin(12)
            .x_label_area_size(42)
            .y_label_area_size(74);
        // The two kinds of axes are two types.
        macro_rules! draw {
            ($x:expr) => {{
                let mut chart = builder.build_cartesian_2d($x, 0.0..top)?;
                let mut mesh = chart.configure_mesh();
                mesh.x_desc(self.x).y_desc(self.y).light_line_style(TRANSPARENT).max_light_lines(1);
                let (x, y) = (|x: &f64| format!("{x:.0}"), |y: &f64| format!("{y:.digits$}"));
                mesh.x_label_formatter(&x).y_label_formatter(&y).label_style(("sans-serif", 13)).draw()?;
                for (line, (_, points)) in self.lines.iter().enumerate() {
                    chart.draw_series(LineSeries::new(points.iter().copied(), self.style(line)))?;
                }
            }};
        }
        match self.logarithmic {
            true => draw!((from..to).log_scale()),
            false => draw!(from..to),
        }
        for (line, (name, _)) in self.lines.iter().enumerate() {
            let y = 60 + 24 * line as i32;
            names.draw(&PathElement::new([(4, y), (28, y)], self.style(line)))?;
            names.draw(&Text::new(*name, (36, y - 7), ("sans-serif", 13)))?;
        }
        area.present()?;
        Ok(())
    }
}
