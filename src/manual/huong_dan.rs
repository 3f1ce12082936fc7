//! Hướng dẫn cho văn thư và người kiểm tra: đọc kết quả, hiểu từng từ, biết phải làm gì.
//!
//! (A guide in Vietnamese for clerks and auditors: how to read a result, and what to do.)
//!
//! # Kiểm tra một tệp
//!
//! ```text
//! kyso verify --trust tin-cay.json --evidence crl/ --lang vi van-ban.pdf
//! kyso verify --trust tin-cay.json --evidence crl/ --lang vi --format html van-ban.pdf > ket-qua.html
//! kyso serve --trust tin-cay.json --evidence crl/ --lang vi    # trang web kiểm tra tại http://127.0.0.1:8080/
//! ```
//!
//! `tin-cay.json` là tệp tin cậy: cơ quan của bạn quyết định tin tổ chức chứng thực nào, và chứng
//! thư nào là của cá nhân, chứng thư nào là của cơ quan (xem [`super::trust`]). Thư mục `crl/` chứa
//! danh sách thu hồi (CRL) hoặc trả lời OCSP. Trang `ket-qua.html` mở được khi không có mạng, in
//! được trên giấy A4 và có thể lưu cùng hồ sơ.
//!
//! # Kết quả có bốn khả năng
//!
//! | kết quả | nghĩa là | cần làm |
//! |---|---|---|
//! | **TOTAL-PASSED** (hợp lệ) | mọi bước kiểm tra bắt buộc đều đạt | dùng văn bản; lưu kết quả cùng tệp |
//! | **TOTAL-FAILED** (không hợp lệ) | chữ ký sai, tệp bị sửa, hoặc đã chứng minh được là ký khi chứng thư không còn hiệu lực | không dùng; đề nghị bên gửi phát hành lại |
//! | **INDETERMINATE** (chưa kết luận) | chưa đủ căn cứ; **không được coi là hợp lệ** | bổ sung căn cứ còn thiếu rồi kiểm tra lại |
//! | **NO_SIGNATURE_FOUND** (không có chữ ký) | tệp không có chữ ký số nào; hình con dấu hay chữ ký quét không phải chữ ký số | nếu lẽ ra phải có, hỏi bên gửi |
//!
//! Khác với bốn kết quả trên, **lỗi** (mã thoát 4 hoặc 5) nghĩa là không kiểm tra được: tệp rỗng,
//! không phải PDF, cần mật khẩu, vượt giới hạn. Lỗi không phải là "không hợp lệ" và càng không phải
//! là "hợp lệ".
//!
//! Một tệp có nhiều chữ ký nhận kết quả xấu nhất trong số đó. Mã thoát của chương trình: 0 hợp lệ,
//! 1 không hợp lệ, 2 chưa kết luận, 3 không có chữ ký, 4 lỗi đầu vào, 5 dùng sai lệnh hoặc lỗi
//! chương trình.
//!
//! # Các mặt được xét riêng
//!
//! - **Tính toàn vẹn**: phần tệp được ký còn nguyên hay không (chỉ giá trị băm và giá trị chữ ký).
//! - **Phạm vi được ký**: toàn bộ tệp, hay một phiên bản trước. Mỗi lần ký thêm tạo một phiên bản
//!   mới ở cuối tệp; chữ ký trước bao phủ từ đầu tệp đến hết phiên bản của nó.
//! - **Thay đổi sau khi ký**: không có; dữ liệu kiểm chứng; thêm chữ ký; điền biểu mẫu; chú thích;
//!   thay đổi khác. Ba loại đầu được phép theo chính sách mặc định.
//! - **Danh tính và tin cậy**: chứng thư có dẫn đến tổ chức mà bạn tin hay không.
//! - **Thu hồi**: chứng thư có bị thu hồi hay không; không biết thì không được coi là tốt.
//! - **Thời gian**: giờ do dấu thời gian chứng minh, hay giờ người ký tự khai. Giờ tự khai không
//!   bao giờ làm thay đổi kết quả.
//! - **Chính sách**: thuật toán có đủ mạnh, thuộc tính có đủ hay không.
//!
//! # Lý do thường gặp và việc cần làm
//!
//! | lý do | nghĩa là | cần làm |
//! |---|---|---|
//! | HASH_FAILURE | nội dung không còn giống lúc ký | không dùng; xin lại bản gốc |
//! | SIG_CRYPTO_FAILURE | giá trị chữ ký không khớp chứng thư | không dùng |
//! | FORMAT_FAILURE ở "thay đổi sau khi ký" | tệp bị sửa sau khi ký | xin lại bản gốc; `kyso extract` lấy ra bản đúng như lúc ký |
//! | FORMAT_FAILURE ở bước khác | cấu trúc tệp hoặc chữ ký sai quy định | không dùng; xin lại bản gốc |
//! | NO_CERTIFICATE_CHAIN_FOUND | không biết tin ai | thêm chứng thư gốc (`--trust`), chứng thư trung gian (`--pool`) |
//! | TRY_LATER | không biết chứng thư có bị thu hồi không | thêm CRL hoặc OCSP mới (`--evidence`) |
//! | REVOKED_NO_POE | chứng thư bị thu hồi, không rõ ký trước hay sau | hỏi bên ký |
//! | OUT_OF_BOUNDS_NO_POE | chứng thư hết hạn, không có dấu thời gian | hỏi bên ký; tệp cũ: xem `--at` |
//! | CRYPTO_CONSTRAINTS_FAILURE_NO_POE | thuật toán nay quá yếu | đề nghị ký lại; hồ sơ cũ: chính sách `vn-legacy` |
//!
//! # Các lưu ý
//!
//! Lưu ý không làm thay đổi kết quả, nhưng nên đọc trước khi dùng văn bản:
//!
//! - *Chữ ký cơ quan không có chữ ký của người có thẩm quyền đứng trước*: trái Nghị định
//!   30/2020/NĐ-CP, Điều 32; trừ bản sao (SAO Y, SAO LỤC, TRÍCH SAO) và phụ lục gửi thành tệp riêng,
//!   được nhận ra nhờ dòng chữ ở góc trên bên phải trang 1.
//! - *Chỉ có chữ ký cá nhân*: bình thường với văn bản in ra, đóng dấu và gửi bản giấy.
//! - *Không có dấu thời gian*: không có gì chứng minh thời điểm ký.
//! - *Giờ ký lệch đúng 7 giờ*: phần mềm ký ghi giờ Việt Nam như giờ UTC; hãy dùng giờ của dấu thời gian.
//! - *Phần mềm khác sẽ báo "đã bị sửa"*: một số phần mềm đòi có ít nhất một chữ ký bao phủ toàn bộ
//!   tệp và không quá một lần cập nhật giữa hai chữ ký. Ở đây thay đổi được xét theo từng đối tượng.
//! - *Cá nhân và cơ quan dùng hai hệ thống chứng thực khác nhau*, *chứng thư sắp hết hạn*, *tệp tin
//!   cậy không nói người ký là ai*.
//!
//! # Nhận lại văn bản đã gửi đi
//!
//! ```text
//! kyso compare da-phat-hanh.pdf nhan-lai.pdf
//! kyso extract van-ban.pdf --signature 1 --out ban-da-ky.pdf
//! ```
//!
//! `compare` trả lời "đây có phải văn bản tôi đã phát hành không": chỉ chấp nhận khi tệp nhận lại
//! bắt đầu bằng đúng từng byte đã phát hành và phần thêm vào chỉ là chữ ký; nếu không, nó nêu tên
//! trang và đối tượng khác nhau. `extract` ghi ra đúng từng byte phiên bản mà một chữ ký đã ký.
//!
//! # Dành cho người kiểm tra hồ sơ
//!
//! - Lưu tệp, trang kết quả, tệp tin cậy và căn cứ (chứng thư, CRL, OCSP): Thông tư 15/2025/TT-BKHCN,
//!   Điều 6 yêu cầu lưu và xóa được những thứ này.
//! - Trang kết quả ghi SHA-256 của tệp, của chính sách và của từng căn cứ: cùng những thứ đó và cùng
//!   thời điểm (`--at`) thì kết quả giống nhau đến từng byte.
//! - Chính sách `vn-2025` ghi "hiệu lực tại thời điểm ký" theo giờ tự khai khi không có dấu thời
//!   gian, và luôn ghi rõ là chưa được chứng minh.
