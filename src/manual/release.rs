//! # Hướng dẫn phát hành văn bản
//!
//! Dành cho lãnh đạo và văn thư. Mỗi bước dưới đây thêm đúng một chữ ký số vào văn bản, không sửa
//! nội dung trang và không đụng đến chữ ký đã có. Tệp đưa vào không bao giờ bị ghi đè; tệp kết quả
//! chỉ xuất hiện khi đã ký xong và tự kiểm tra xong.
//!
//! ## Chuẩn bị
//!
//! - **Văn bản**: PDF, đã có chức vụ và họ tên người ký, chừa trống số (`Số:      /QĐ-UBND`) và
//!   ngày (`…, ngày      tháng      năm 2026`).
//! - **Ảnh chữ ký** của người có thẩm quyền: PNG, nền trong suốt, mực xanh. **Ảnh dấu** của cơ
//!   quan: PNG, nền trong suốt, màu đỏ, đúng kích thước dấu thật. Tệp ảnh cần ghi độ phân giải; nếu
//!   không, thêm `--width` (milimét). Ảnh không bị phóng to, thu nhỏ.
//! - **Khóa**: `--key` (xem `kyso sign --help`). **Tệp tin cậy**: `--trust trust.json`, ghi chứng
//!   thư gốc và ai là cá nhân, ai là cơ quan (xem [`crate::pki::trust`]). **Danh sách thu hồi**:
//!   `--evidence`.
//!
//! Có thể chép tên dài `--trust trust.json --evidence crl/` vào mọi lệnh; các ví dụ dưới đây lược
//! bớt cho gọn.
//!
//! ## Các bước
//!
//! ```text
//! kyso release approve    vb.pdf    -o vb1.pdf --key lanh-dao.p12 --image chu-ky.png \
//!                         --post "CHỦ TỊCH" --name "Nguyễn Văn A"
//! kyso release number     vb1.pdf   -o vb2.pdf --key co-quan.p12 --number 15 --symbol QĐ-UBND
//! kyso release date       vb2.pdf   -o vb3.pdf --key co-quan.p12
//! kyso release seal       vb3.pdf   -o vb4.pdf --key co-quan.p12 --image dau.png
//! kyso release attachment pl.pdf    -o pl1.pdf --key co-quan.p12 --number 15 --symbol QĐ-UBND
//! kyso release copy       quet.pdf  -o sao.pdf --key co-quan.p12 --form sao-y --agency "Sở Mẫu"
//! kyso release incoming   den.pdf   -o vao.pdf --key noi-nhan.p12 --agency "Sở Mẫu" --number 7
//! ```
//!
//! | Bước | Ai ký | Hiện ở đâu |
//! |---|---|---|
//! | `approve` | người có thẩm quyền | ảnh xanh, giữa chức vụ và họ tên |
//! | `number` | văn thư, khóa cơ quan | số, sau chữ `Số:` |
//! | `date` | văn thư, khóa cơ quan | ngày, tháng (và năm nếu còn trống) |
//! | `seal` | văn thư, khóa cơ quan | ảnh đỏ, trùm khoảng 1/3 ảnh chữ ký về bên trái |
//! | `attachment` | văn thư, khóa cơ quan | chữ, góc trên bên phải trang 1: số, ký hiệu và thời gian ký |
//! | `copy` | văn thư, khóa cơ quan | chữ, góc trên bên phải trang 1: SAO Y, SAO LỤC hoặc TRÍCH SAO; tên cơ quan; thời gian ký |
//! | `incoming` | văn thư nơi nhận | khung ĐẾN, góc trên bên trái trang 1 |
//!
//! Phụ lục nằm **cùng tệp** với văn bản thì không ký riêng. Chữ của cơ quan là phông chữ cùng cỡ với
//! Times New Roman, đứng, cỡ 10, màu đen; số và ngày theo cỡ chữ của dòng. Thời gian luôn theo giờ
//! Việt Nam; `--clock` chọn cách ghi: `annex` (`05/01/2026; 09:30:00 +07:00`), `vgca`
//! (`05.01.2026 09:30:00 +07:00`) hoặc `iso`.
//!
//! Khi chương trình không đọc được chữ trên trang (ví dụ bản quét), hãy cho vị trí góc trên bên trái
//! bằng `--place TRANG,TRÁI,TRÊN` (milimét, như trang hiện trên màn hình).
//!
//! Chỗ trống trên trang có thể là khoảng trắng, dấu chấm, dấu ba chấm hoặc gạch dưới. Năm và ký hiệu
//! đã in trên trang phải trùng với ngày và ký hiệu đưa vào, nếu khác thì bị từ chối. Khi chức vụ và họ
//! tên đứng cùng nhau ở nhiều chỗ (ví dụ cả ở phụ lục), `approve` không tự chọn mà liệt kê các chỗ đó
//! để chọn bằng `--place`. Dấu ĐẾN thứ hai, chữ bản sao trên văn bản kèm theo được đặt cạnh dấu trước.
//!
//! ## Chứng nhận ngay từ chữ ký đầu
//!
//! `approve --certify` biến chữ ký của lãnh đạo thành chữ ký chứng nhận (P = 2) và tạo sẵn các ô
//! trống cho số, ngày, dấu (`--incoming-field` thêm ô ĐẾN). Các bước sau tự điền vào ô có sẵn. P = 1
//! bị từ chối, vì sẽ cấm mọi chữ ký sau.
//!
//! ## Dấu thời gian và lưu trữ lâu dài
//!
//! Mỗi bước nhận `--level b-t`, `b-lt` hoặc `b-lta`, với `--tsa` và (từ `b-lt`) `--evidence` hoặc
//! `--online`. `b-t` không thêm lần cập nhật nào ngoài chữ ký. `b-lta` thêm một lần cập nhật nữa, được
//! dấu thời gian bao phủ; `b-lt` để phần cuối tệp không được bao phủ, một số phần mềm sẽ báo tệp đã bị
//! sửa. Nên ký các bước ở mức `b-t` và chỉ nâng bản cuối lên `b-lta` bằng `kyso extend`. Khi máy chủ
//! dấu thời gian không trả lời, `--queue hang-doi.jsonl` vẫn ký ở mức thấp hơn và ghi tệp vào hàng đợi
//! cho `kyso extend --pending`.
//!
//! ## Thứ tự và cảnh báo
//!
//! Trước khi ký, chương trình kiểm tra chứng thư của người ký và trạng thái thu hồi, các chữ ký đã
//! có, và thứ tự ký. Số, ngày và dấu của cơ quan chỉ được ký khi đã có chữ ký hợp lệ của người có thẩm
//! quyền; dấu chỉ ký khi chỗ ghi số và ngày không còn trống; sau dấu thì không phê duyệt, ghi số, ghi
//! ngày nữa. Các điều này chỉ bắt buộc khi tệp tin cậy cho biết ai là ai. Số, ngày chỉ ghi một lần, và
//! không chữ ký nào được đè lên chữ ký đã có (trừ dấu trên chữ ký của lãnh đạo). Muốn ký dù bị từ
//! chối, phải nêu lý do bằng `--override "…"` và ghi nhật ký bằng `--log nhat-ky.jsonl`; cả hai đều
//! được ghi lại.
//!
//! Khi dòng chữ bắt đầu bằng **CẢNH BÁO** hiện ra, hãy đọc: thường là chưa đưa danh sách thu hồi,
//! hoặc chứng thư gốc chưa được tin cậy.
//!
//! Kiểm tra văn bản đã phát hành: `kyso verify --trust trust.json --evidence crl/ vb4.pdf`.
