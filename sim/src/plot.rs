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
    /// Names, and their points.
    pub lines: Vec<(&'a str, Vec<(f64, f64)>)>,
}

/// Told apart also by those who don't tell red from green.
const COLORS: [RGBColor; 6] = [
    RGBColor(0, 0, 0),
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(204, 121, 167),
    RGBColor(0, 158, 115),
];

impl Plot<'_> {
    /// The text of an SVG file.
    pub fn svg(&self) -> String {
        let mut svg = String::new();
        // It writes to a string, which takes everything.
        self.draw(&mut svg).expect("a string takes it");
        svg
    }

    fn draw(&self, svg: &mut String) -> Result<(), Box<dyn std::error::Error + '_>> {
        let points = || self.lines.iter().flat_map(|(_, points)| points);
        let from = points().map(|(x, _)| *x).fold(f64::MAX, f64::min);
        let to = points().map(|(x, _)| *x).fold(f64::MIN, f64::max);
        let top = points().map(|(_, y)| *y).fold(f64::MIN, f64::max) * 1.05;

        let area = SVGBackend::with_string(svg, (860, 420)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut builder = ChartBuilder::on(&area);
        builder
            .caption(self.title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(42)
            .y_label_area_size(62);
        // The two kinds of axes are two types.
        macro_rules! draw {
            ($x:expr) => {{
                let mut chart = builder.build_cartesian_2d($x, 0.0..top)?;
                let mut mesh = chart.configure_mesh();
                mesh.x_desc(self.x).y_desc(self.y).light_line_style(TRANSPARENT).max_light_lines(1);
                mesh.x_label_formatter(&|x| format!("{x:.0}")).label_style(("sans-serif", 13)).draw()?;
                for ((name, points), color) in self.lines.iter().zip(COLORS) {
                    let line = LineSeries::new(points.iter().copied(), color.stroke_width(2));
                    chart
                        .draw_series(line)?
                        .label(*name)
                        .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
                }
                chart
                    .configure_series_labels()
                    .position(SeriesLabelPosition::UpperRight)
                    .background_style(WHITE.mix(0.8))
                    .border_style(BLACK.mix(0.3))
                    .label_font(("sans-serif", 13))
                    .draw()?;
            }};
        }
        match self.logarithmic {
            true => draw!((from..to).log_scale()),
            false => draw!(from..to),
        }
        area.present()?;
        Ok(())
    }
}
